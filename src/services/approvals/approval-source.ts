import { raw, sql } from '../../shared/sql.ts';
import { parentSessionVisible, sessionIdVisible } from '../identity/visibility.ts';
import type { Source } from '../reading/source.ts';

/** As the API says it; a request whose time is over is expired, also before somebody has written it down. */
export const approvalStatus = `CASE WHEN p.status = 'pending' AND p.expires_at <= now() THEN 'EXPIRED'
  WHEN p.status IN ('pending', 'approved', 'rejected', 'expired', 'cancelled') THEN upper(p.status)
  WHEN p.status = 'edited' THEN 'APPROVED' ELSE 'CANCELLED' END`;

export const approvalSource: Source = {
  name: 'approvals',
  database: 'agentRuntime',
  from: 'public.pending_approvals AS p',
  key: 'p.id',
  columns: {
    id: 'p.id',
    requestId: 'coalesce(p.client_request_id, p.request_id)',
    sessionId: 'p.session_id',
    requestType: 'p.request_type',
    subject: 'coalesce(p.subject, p.tool_name)',
    details: 'p.details',
    arguments: 'p.arguments',
    reason: 'p.reason',
    status: approvalStatus,
    createdAt: 'p.created_at',
    expiresAt: 'p.expires_at',
    decidedAt: 'p.decision_at',
    decidedById: 'p.decided_by',
    decisionReason: 'p.decision_reason',
    modifiedArguments: 'p.modified_arguments',
  },
  visible: (viewer) => sessionIdVisible(viewer, sql`p.session_id`),
  visibleThrough: { relation: 'session', predicate: parentSessionVisible },
  relations: { session: 'p.session_id' },
  orders: {
    createdAt: {
      keys: [
        { sql: 'p.created_at', type: 'timestamptz' },
        { sql: 'p.id', type: 'text' },
      ],
      descending: true,
    },
  },
  defaultOrder: 'createdAt',
  filters: {
    status: (values: readonly string[]) => sql`${raw(approvalStatus)} = ANY (${values}::text[])`,
    requestType: (value: string) => sql`p.request_type = ${value}`,
    sessionId: (value: string) => sql`p.session_id = ${value}`,
    createdAfter: (value: Date) => sql`p.created_at >= ${value}`,
    createdBefore: (value: Date) => sql`p.created_at < ${value}`,
  },
};
