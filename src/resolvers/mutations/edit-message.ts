import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { EditMessageInput } from '../../schema/inputs/edit-message-input.ts';
import { EditMessagePayload } from '../../schema/payloads/edit-message-payload.ts';
import type { MessageWritten } from '../../services/messages/message-service.ts';
import type { OperationContext } from '../context.ts';

@Resolver()
export class EditMessage {
  @Mutation(() => EditMessagePayload)
  editMessage(
    @Arg('input', () => EditMessageInput) input: EditMessageInput,
    @Ctx() context: OperationContext,
  ): Promise<MessageWritten> {
    return context.services.messages.edit(context.viewer, input);
  }
}
