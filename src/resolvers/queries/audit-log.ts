import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, ID, Info, Query, Resolver } from 'type-graphql';
import { AuditLogArguments } from '../../schema/arguments/list-arguments.ts';
import { AuditLogConnection } from '../../schema/connections.ts';
import { AuditLog } from '../../schema/types/audit-log.ts';
import type { Page } from '../../services/reading/page.ts';
import type { Row } from '../../services/reading/source.ts';
import type { OperationContext } from '../context.ts';
import { readOne, readPage } from '../read.ts';

@Resolver()
export class AuditLogQueries {
  @Query(() => AuditLog, { nullable: true })
  auditLog(
    @Arg('id', () => ID) id: string,
    @Ctx() context: OperationContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Row | null> {
    return readOne('AuditLog', id, context, info);
  }

  @Query(() => AuditLogConnection, {
    description: 'Newest first. Needs the scope `audit:read` (any user of the tenant) or shows the viewer’s own trail.',
  })
  auditLogs(
    @Args(() => AuditLogArguments) page: AuditLogArguments,
    @Ctx() context: OperationContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Page> {
    return readPage('AuditLog', page, context, info);
  }
}
