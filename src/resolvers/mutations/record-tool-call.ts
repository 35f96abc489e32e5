import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { RecordToolCallInput } from '../../schema/inputs/record-tool-call-input.ts';
import { RecordToolCallPayload } from '../../schema/payloads/record-tool-call-payload.ts';
import type { ToolCallRecorded } from '../../services/messages/message-service.ts';
import type { OperationContext } from '../context.ts';

@Resolver()
export class RecordToolCall {
  @Mutation(() => RecordToolCallPayload)
  recordToolCall(
    @Arg('input', () => RecordToolCallInput) input: RecordToolCallInput,
    @Ctx() context: OperationContext,
  ): Promise<ToolCallRecorded> {
    return context.services.messages.recordToolCall(context.viewer, input);
  }
}
