import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { DeleteSessionInput } from '../../schema/inputs/delete-session-input.ts';
import { DeleteSessionPayload } from '../../schema/payloads/delete-session-payload.ts';
import type { SessionDeleted } from '../../services/sessions/session-service.ts';
import type { OperationContext } from '../context.ts';

@Resolver()
export class DeleteSession {
  @Mutation(() => DeleteSessionPayload, {
    description: 'The session is gone for everybody but administrators. Deleting it again changes nothing.',
  })
  deleteSession(
    @Arg('input', () => DeleteSessionInput) input: DeleteSessionInput,
    @Ctx() context: OperationContext,
  ): Promise<SessionDeleted> {
    return context.services.sessions.delete(context.viewer, input.sessionId);
  }
}
