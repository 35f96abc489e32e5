import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { UpdateSessionInput } from '../../schema/inputs/update-session-input.ts';
import { UpdateSessionPayload } from '../../schema/payloads/update-session-payload.ts';
import type { SessionWritten } from '../../services/sessions/session-service.ts';
import type { OperationContext } from '../context.ts';

@Resolver()
export class UpdateSession {
  @Mutation(() => UpdateSessionPayload)
  updateSession(
    @Arg('input', () => UpdateSessionInput) input: UpdateSessionInput,
    @Ctx() context: OperationContext,
  ): Promise<SessionWritten> {
    return context.services.sessions.update(context.viewer, input);
  }
}
