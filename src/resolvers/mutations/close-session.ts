import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { CloseSessionInput } from '../../schema/inputs/close-session-input.ts';
import { CloseSessionPayload } from '../../schema/payloads/close-session-payload.ts';
import type { SessionWritten } from '../../services/sessions/session-service.ts';
import type { OperationContext } from '../context.ts';

@Resolver()
export class CloseSession {
  @Mutation(() => CloseSessionPayload, {
    description: 'A closed session takes no more messages. Closing it again changes nothing.',
  })
  closeSession(
    @Arg('input', () => CloseSessionInput) input: CloseSessionInput,
    @Ctx() context: OperationContext,
  ): Promise<SessionWritten> {
    return context.services.sessions.close(context.viewer, input.sessionId);
  }
}
