import { Field, ID, InputType } from 'type-graphql';

@InputType()
export class CancelApprovalInput {
  @Field(() => ID)
  approvalId!: string;
  @Field(() => String, { nullable: true })
  reason?: string | null;
}
