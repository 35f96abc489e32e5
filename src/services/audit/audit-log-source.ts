import { sql } from '../../shared/sql.ts';
import { auditEntryVisible } from '../identity/visibility.ts';
import type { Source } from '../reading/source.ts';

/** The audit trail in the order of its log, newest first. */
export const auditLogSource: Source = {
  name: 'auditLogs',
  database: 'auth',
  from: 'scrollback.audit_entries AS e JOIN public.audit_logs AS a ON a.id = e.audit_log_id',
  key: 'e.audit_log_id',
  columns: {
    id: 'a.id',
    userId: 'a.user_id',
    clientId: 'a.client_id',
    eventType: 'a.event_type',
    eventData: 'a.event_data',
    ipAddress: 'a.ip_address',
    userAgent: 'a.user_agent',
    success: 'a.success',
    errorMessage: 'a.error_message',
    createdAt: 'a.created_at',
  },
  visible: auditEntryVisible,
  relations: { user: 'e.user_id' },
  orders: { number: { keys: [{ sql: 'e.number', type: 'bigint' }], descending: true } },
  defaultOrder: 'number',
  log: { table: 'scrollback.audit_entries AS e', number: 'e.number', chain: 'e.chain' },
  filters: {
    userId: (value: string) => sql`e.user_id = ${value}`,
    eventType: (values: readonly string[]) => sql`a.event_type = ANY (${values}::text[])`,
    clientId: (value: string) => sql`a.client_id = ${value}`,
    success: (value: boolean) => sql`a.success = ${value}`,
    createdAfter: (value: Date) => sql`a.created_at >= ${value}`,
    createdBefore: (value: Date) => sql`a.created_at < ${value}`,
  },
};
