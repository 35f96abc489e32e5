import { Resolver } from 'type-graphql';
import { SessionArguments } from '../../schema/arguments/list-arguments.ts';
import { SessionConnection } from '../../schema/connections.ts';
import { ReadAll, ReadOne } from '../../schema/declarations.ts';

@Resolver()
export class SessionQueries {
  @ReadOne('Session')
  session!: unknown;
  @ReadAll('Session', {
    arguments: () => SessionArguments,
    connection: () => SessionConnection,
    description:
      'Newest activity first unless ordered otherwise. A user sees their own; a tenant administrator the tenant’s; an administrator all.',
  })
  sessions!: unknown;
}
