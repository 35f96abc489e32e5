import { Field, ID, InputType, Int } from 'type-graphql';
import { MessageRole } from '../enums.ts';
import { JSONObject } from '../scalars.ts';
import { ToolCallInput } from './tool-call-input.ts';

@InputType()
export class SendMessageInput {
  @Field(() => ID, { nullable: true, description: 'Without it a new session is opened.' })
  sessionId?: string | null;
  @Field(() => MessageRole, { nullable: true, description: 'USER unless told.' })
  role?: `${MessageRole}` | null;
  @Field(() => String, { nullable: true, description: "Only an assistant's message that calls tools may go without." })
  content?: string | null;
  @Field(() => String, { nullable: true, description: 'The tool that answers, where role is TOOL.' })
  name?: string | null;
  @Field(() => String, { nullable: true, description: 'The call that is answered; required where role is TOOL.' })
  toolCallId?: string | null;
  @Field(() => [ToolCallInput], { nullable: true, description: 'Only where role is ASSISTANT.' })
  toolCalls?: ToolCallInput[] | null;
  @Field(() => Int, { nullable: true })
  tokenCount?: number | null;
  @Field(() => String, { nullable: true })
  model?: string | null;
  @Field(() => Int, { nullable: true })
  latencyMs?: number | null;
  @Field(() => JSONObject, { nullable: true })
  metadata?: Record<string, unknown> | null;
  @Field(() => String, {
    nullable: true,
    description: "The sender's own id for the message. Sent again with the same id, the message is not doubled.",
  })
  clientMessageId?: string | null;
}
