import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { CreateSessionInput } from '../../schema/inputs/create-session-input.ts';
import { CreateSessionPayload } from '../../schema/payloads/create-session-payload.ts';
import type { SessionWritten } from '../../services/sessions/session-service.ts';
import type { OperationContext } from '../context.ts';

@Resolver()
export class CreateSession {
  @Mutation(() => CreateSessionPayload)
  createSession(
    @Arg('input', () => CreateSessionInput) input: CreateSessionInput,
    @Ctx() context: OperationContext,
  ): Promise<SessionWritten> {
    return context.services.sessions.create(context.viewer, input);
  }
}
