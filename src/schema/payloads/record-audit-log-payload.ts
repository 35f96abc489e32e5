import { RowType, ToOne } from '../declarations.ts';

@RowType()
export class RecordAuditLogPayload {
  @ToOne('AuditLog', { by: 'auditLogId', nullable: false })
  auditLog!: unknown;
}
