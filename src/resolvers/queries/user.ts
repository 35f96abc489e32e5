import { Resolver } from 'type-graphql';
import { UserArguments } from '../../schema/arguments/list-arguments.ts';
import { UserConnection } from '../../schema/connections.ts';
import { ReadAll, ReadOne } from '../../schema/declarations.ts';

@Resolver()
export class UserQueries {
  @ReadOne('User')
  user!: unknown;
  @ReadAll('User', { arguments: () => UserArguments, connection: () => UserConnection })
  users!: unknown;
}
