import { Field, ID, InputType } from 'type-graphql';
import { DateTime, JSONValue } from '../scalars.ts';

@InputType()
export class RequestApprovalInput {
  @Field(() => ID)
  sessionId!: string;
  @Field(() => String, {
    nullable: true,
    description: "The requester's own id for the request. Sent again with the same id, the request is not doubled.",
  })
  requestId?: string | null;
  @Field(() => String, { nullable: true, description: '"tool" unless told; "plan" and others are free to use.' })
  requestType?: string | null;
  @Field(() => String, { nullable: true, description: 'At most 200 characters.' })
  subject?: string | null;
  @Field(() => JSONValue, { nullable: true })
  details?: unknown;
  @Field(() => String, { nullable: true, description: 'The tool call that waits for the decision.' })
  toolCallId?: string | null;
  @Field(() => String, { nullable: true })
  toolName?: string | null;
  @Field(() => JSONValue, { nullable: true })
  arguments?: unknown;
  @Field(() => String, { nullable: true })
  reason?: string | null;
  @Field(() => DateTime, { nullable: true, description: 'After this moment nobody can decide any more.' })
  expiresAt?: Date | null;
}
