import { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import sql, { raw } from 'sql-template-tag';
import { SessionEntity, type SessionRow } from '../../entities/agent-runtime/session.ts';
import { insertEvent } from '../events/insert-event.ts';
import { where } from '../writing/statements.ts';
import { stateOf } from './session-state.ts';

/** Closes a locked session that is open; one whose lifetime is over is closed as expired. */
export async function closeSession(em: EntityManager, session: SessionRow, now: Date): Promise<void> {
  if (!isOpen(session)) return;
  const expired = stateOf(session, now) === 'EXPIRED';
  session.isActive = false;
  session.closedAt = now;
  if (expired) await insertEvent(em, timeoutOf(session), now);
}

const isOpen = (session: SessionRow): boolean => session.isActive && session.closedAt === null;

const timeoutOf = (session: SessionRow): Parameters<typeof insertEvent>[1] => ({
  sessionId: session.id,
  userId: session.userId,
  tenantId: session.tenantId,
  eventType: 'session_timeout',
  eventData: { lifetimeSeconds: session.lifetimeSeconds, lastActivityAt: session.lastActivity.toISOString() },
});

/** Up to so many open sessions whose lifetime is over, locked; those that another gateway closes just now are left to it. */
export function lockExpiredSessions(em: EntityManager, limit: number): Promise<SessionRow[]> {
  const expired = where((alias) => {
    const s = raw(alias);
    return sql`${s}.lifetime_seconds IS NOT NULL AND ${s}.is_active AND ${s}.closed_at IS NULL AND ${s}.archived_at IS NULL
      AND ${s}.deleted_at IS NULL AND ${s}.last_activity + make_interval(secs => ${s}.lifetime_seconds) <= clock_timestamp()`;
  });
  const oldestFirst = { lastActivity: 'ASC' } as const;
  return em.find(SessionEntity, expired, { limit, orderBy: oldestFirst, lockMode: LockMode.PESSIMISTIC_PARTIAL_WRITE });
}
