import type { GraphQLResolveInfo } from 'graphql';
import { Args, Ctx, Info, Query, Resolver } from 'type-graphql';
import { ForwardArguments } from '../../schema/arguments/page-arguments.ts';
import { OAuthClientConnection } from '../../schema/connections.ts';
import type { Page } from '../../services/reading/page.ts';
import type { OperationContext } from '../context.ts';
import { readPage } from '../read.ts';

@Resolver()
export class OAuthClientQueries {
  @Query(() => OAuthClientConnection)
  oauthClients(
    @Args(() => ForwardArguments) page: ForwardArguments,
    @Ctx() context: OperationContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Page> {
    return readPage('OAuthClient', page, context, info);
  }
}
