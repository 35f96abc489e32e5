import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { RevokeRefreshTokensInput } from '../../schema/inputs/revoke-refresh-tokens-input.ts';
import { RevokeRefreshTokensPayload } from '../../schema/payloads/revoke-refresh-tokens-payload.ts';
import type { RefreshTokensRevoked } from '../../services/users/user-service.ts';
import type { OperationContext } from '../context.ts';

@Resolver()
export class RevokeRefreshTokens {
  @Mutation(() => RevokeRefreshTokensPayload)
  revokeRefreshTokens(
    @Arg('input', () => RevokeRefreshTokensInput) input: RevokeRefreshTokensInput,
    @Ctx() context: OperationContext,
  ): Promise<RefreshTokensRevoked> {
    return context.services.users.revokeRefreshTokens(context.viewer, input);
  }
}
