import { Field, ID, InputType } from 'type-graphql';
import { ApprovalDecision } from '../enums.ts';
import { JSONValue } from '../scalars.ts';

@InputType()
export class DecideApprovalInput {
  @Field(() => ID)
  approvalId!: string;
  @Field(() => ApprovalDecision)
  decision!: `${ApprovalDecision}`;
  @Field(() => JSONValue, { nullable: true, description: 'Required for EDIT, and only there.' })
  modifiedArguments?: unknown;
  @Field(() => String, { nullable: true })
  reason?: string | null;
}
