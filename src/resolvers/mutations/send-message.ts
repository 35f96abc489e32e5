import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { SendMessageInput } from '../../schema/inputs/send-message-input.ts';
import { SendMessagePayload } from '../../schema/payloads/send-message-payload.ts';
import type { MessageSent } from '../../services/messages/message-service.ts';
import type { OperationContext } from '../context.ts';

@Resolver()
export class SendMessage {
  @Mutation(() => SendMessagePayload, {
    description:
      'Idempotent on clientMessageId. Without a session, or into an expired one, it opens a new session and says so.',
  })
  sendMessage(
    @Arg('input', () => SendMessageInput) input: SendMessageInput,
    @Ctx() context: OperationContext,
  ): Promise<MessageSent> {
    return context.services.messages.send(context.viewer, input);
  }
}
