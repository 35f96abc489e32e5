import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { ArchiveSessionInput } from '../../schema/inputs/archive-session-input.ts';
import { ArchiveSessionPayload } from '../../schema/payloads/archive-session-payload.ts';
import type { SessionWritten } from '../../services/sessions/session-service.ts';
import type { OperationContext } from '../context.ts';

@Resolver()
export class ArchiveSession {
  @Mutation(() => ArchiveSessionPayload, {
    description: 'An archived session is closed and can only be read. Archiving it again changes nothing.',
  })
  archiveSession(
    @Arg('input', () => ArchiveSessionInput) input: ArchiveSessionInput,
    @Ctx() context: OperationContext,
  ): Promise<SessionWritten> {
    return context.services.sessions.archive(context.viewer, input.sessionId);
  }
}
