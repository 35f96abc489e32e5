import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { SetUserActiveInput } from '../../schema/inputs/set-user-active-input.ts';
import { SetUserActivePayload } from '../../schema/payloads/set-user-active-payload.ts';
import type { UserWritten } from '../../services/users/user-service.ts';
import type { OperationContext } from '../context.ts';

@Resolver()
export class SetUserActive {
  @Mutation(() => SetUserActivePayload, {
    description: 'Shuts a user out, or lets one in again.',
  })
  setUserActive(
    @Arg('input', () => SetUserActiveInput) input: SetUserActiveInput,
    @Ctx() context: OperationContext,
  ): Promise<UserWritten> {
    return context.services.users.setActive(context.viewer, input);
  }
}
