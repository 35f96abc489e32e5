import { Resolver } from 'type-graphql';
import { AuditLogArguments } from '../../schema/arguments/list-arguments.ts';
import { AuditLogConnection } from '../../schema/connections.ts';
import { ReadAll, ReadOne } from '../../schema/declarations.ts';

@Resolver()
export class AuditLogQueries {
  @ReadOne('AuditLog')
  auditLog!: unknown;
  @ReadAll('AuditLog', {
    arguments: () => AuditLogArguments,
    connection: () => AuditLogConnection,
    description: 'Newest first. Needs the scope `audit:read` (any user of the tenant) or shows the viewer’s own trail.',
  })
  auditLogs!: unknown;
}
