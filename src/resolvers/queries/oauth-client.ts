import { Resolver } from 'type-graphql';
import { ForwardArguments } from '../../schema/arguments/page-arguments.ts';
import { OAuthClientConnection } from '../../schema/connections.ts';
import { ReadAll } from '../../schema/declarations.ts';

@Resolver()
export class OAuthClientQueries {
  @ReadAll('OAuthClient', { arguments: () => ForwardArguments, connection: () => OAuthClientConnection })
  oauthClients!: unknown;
}
