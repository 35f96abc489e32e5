import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, ID, Info, Query, Resolver } from 'type-graphql';
import { ApprovalArguments } from '../../schema/arguments/list-arguments.ts';
import { ApprovalConnection } from '../../schema/connections.ts';
import { Approval } from '../../schema/types/approval.ts';
import type { Page } from '../../services/reading/page.ts';
import type { Row } from '../../services/reading/source.ts';
import type { OperationContext } from '../context.ts';
import { readOne, readPage } from '../read.ts';

@Resolver()
export class ApprovalQueries {
  @Query(() => Approval, { nullable: true })
  approval(
    @Arg('id', () => ID) id: string,
    @Ctx() context: OperationContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Row | null> {
    return readOne('Approval', id, context, info);
  }

  @Query(() => ApprovalConnection)
  approvals(
    @Args(() => ApprovalArguments) page: ApprovalArguments,
    @Ctx() context: OperationContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Page> {
    return readPage('Approval', page, context, info);
  }
}
