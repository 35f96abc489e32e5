import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, ID, Info, Query, Resolver } from 'type-graphql';
import { SessionArguments } from '../../schema/arguments/list-arguments.ts';
import { SessionConnection } from '../../schema/connections.ts';
import { Session } from '../../schema/types/session.ts';
import type { Page } from '../../services/reading/page.ts';
import type { Row } from '../../services/reading/source.ts';
import type { OperationContext } from '../context.ts';
import { readOne, readPage } from '../read.ts';

@Resolver()
export class SessionQueries {
  @Query(() => Session, { nullable: true })
  session(
    @Arg('id', () => ID) id: string,
    @Ctx() context: OperationContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Row | null> {
    return readOne('Session', id, context, info);
  }

  @Query(() => SessionConnection, {
    description:
      'Newest activity first unless ordered otherwise. A user sees their own; a tenant administrator the tenant’s; an administrator all.',
  })
  sessions(
    @Args(() => SessionArguments) page: SessionArguments,
    @Ctx() context: OperationContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Page> {
    return readPage('Session', page, context, info);
  }
}
