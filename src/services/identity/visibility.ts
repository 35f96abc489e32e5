import { raw, type Sql, sql } from '../../shared/sql.ts';
import type { Viewer } from './viewer.ts';

/**
 * The viewer's predicates: one place, in SQL, for who may see what. A row that fails its predicate does not exist
 * for the viewer, in lists, by id, in counts and in streams alike.
 */

const everything = sql`TRUE`;
const nothing = sql`FALSE`;

/** Sessions: one's own; the tenant's for its administrators; all, deleted ones included, for administrators. */
export function sessionVisible(viewer: Viewer, alias = 's'): Sql {
  if (viewer.isAdmin) return everything;
  if (!viewer.canRead) return nothing;
  const session = raw(alias);
  const undeleted = sql`${session}.deleted_at IS NULL AND ${session}.tenant_id = ${viewer.tenantId}`;
  if (viewer.isTenantAdmin) return sql`${undeleted} AND ${session}.user_id IS NOT NULL`;
  return viewer.userId === null ? nothing : sql`${undeleted} AND ${session}.user_id = ${viewer.userId}`;
}

/** What belongs to a session is visible where the session is. */
export function sessionIdVisible(viewer: Viewer, sessionId: Sql): Sql {
  if (viewer.isAdmin) return everything;
  return sql`EXISTS (SELECT FROM public.sessions AS v WHERE v.id = ${sessionId} AND ${sessionVisible(viewer, 'v')})`;
}

/**
 * The same of a session that is a list's parent. As a value it is looked up by its key, once per parent; as EXISTS the
 * planner may read all sessions there are to find those of a few parents.
 */
export function parentSessionVisible(viewer: Viewer, sessionId: Sql): Sql {
  if (viewer.isAdmin) return everything;
  return sql`(SELECT TRUE FROM public.sessions AS v WHERE v.id = ${sessionId} AND ${sessionVisible(viewer, 'v')})`;
}

/** Users: oneself; the tenant's for its administrators and auditors; all for administrators. */
export function userVisible(viewer: Viewer): Sql {
  if (viewer.isAdmin) return everything;
  if (viewer.isTenantAdmin || viewer.canReadAudit) return sql`u.tenant_id = ${viewer.tenantId}`;
  return viewer.userId === null ? nothing : sql`u.id = ${viewer.userId} AND u.tenant_id = ${viewer.tenantId}`;
}

/** Audit trails: one's own; the tenant's with `audit:read`; all for administrators. */
export function auditEntryVisible(viewer: Viewer): Sql {
  if (viewer.isAdmin) return everything;
  if (viewer.canReadAudit) return sql`e.tenant_id = ${viewer.tenantId}`;
  return viewer.userId === null || !viewer.canRead
    ? nothing
    : sql`e.user_id = ${viewer.userId} AND e.tenant_id = ${viewer.tenantId}`;
}

/** Refresh tokens: one's own; others' for administrators of their tenant. */
export function refreshTokenVisible(viewer: Viewer): Sql {
  if (viewer.isAdmin) return everything;
  const ofTenant = sql`EXISTS (SELECT FROM public.users AS u WHERE u.id = t.user_id AND u.tenant_id = ${viewer.tenantId})`;
  if (viewer.isTenantAdmin) return ofTenant;
  return viewer.userId === null || !viewer.canRead ? nothing : sql`t.user_id = ${viewer.userId} AND ${ofTenant}`;
}

/** Chat events: a session's where the session is visible; outside any session one's own, the tenant's for its administrators. */
export function chatEventVisible(viewer: Viewer): Sql {
  if (viewer.isAdmin) return everything;
  const ofSession = sessionIdVisible(viewer, sql`c.session_id`);
  const outside = sql`c.session_id IS NULL AND c.tenant_id = ${viewer.tenantId}`;
  if (viewer.isTenantAdmin) return sql`(${ofSession} OR (${outside}))`;
  return viewer.userId === null || !viewer.canRead
    ? ofSession
    : sql`(${ofSession} OR (${outside} AND c.user_id = ${viewer.userId}))`;
}
