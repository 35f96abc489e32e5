import { Field, ID, InputType, Int } from 'type-graphql';
import { JSONValue } from '../scalars.ts';

@InputType({
  description:
    'What a tool server did for a message. Recorded again with the same toolCallId, it completes the first record.',
})
export class RecordToolCallInput {
  @Field(() => ID)
  messageId!: string;
  @Field(() => String, { nullable: true, description: 'Ties the record to the call that the message asks for.' })
  toolCallId?: string | null;
  @Field(() => String)
  name!: string;
  @Field(() => String, { nullable: true })
  serverName?: string | null;
  @Field(() => JSONValue, { nullable: true })
  arguments?: unknown;
  @Field(() => JSONValue, { nullable: true })
  result?: unknown;
  @Field(() => String, { nullable: true })
  error?: string | null;
  @Field(() => Int, { nullable: true })
  executionTimeMs?: number | null;
}
