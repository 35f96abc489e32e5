import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, ID, Info, Query, Resolver } from 'type-graphql';
import { UserArguments } from '../../schema/arguments/list-arguments.ts';
import { UserConnection } from '../../schema/connections.ts';
import { User } from '../../schema/types/user.ts';
import type { Page } from '../../services/reading/page.ts';
import type { Row } from '../../services/reading/source.ts';
import type { OperationContext } from '../context.ts';
import { readOne, readPage } from '../read.ts';

@Resolver()
export class UserQueries {
  @Query(() => User, { nullable: true })
  user(
    @Arg('id', () => ID) id: string,
    @Ctx() context: OperationContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Row | null> {
    return readOne('User', id, context, info);
  }

  @Query(() => UserConnection)
  users(
    @Args(() => UserArguments) page: UserArguments,
    @Ctx() context: OperationContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Page> {
    return readPage('User', page, context, info);
  }
}
