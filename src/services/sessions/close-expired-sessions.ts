import { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { raw, sql } from '../../shared/sql.ts';
import type { Database } from '../../databases/database.ts';
import { SessionEntity, type SessionRow } from '../../entities/agent-runtime/session.ts';
import { databaseNow, where } from '../writing/statements.ts';
import { closeSession } from './close-session.ts';

/** Writes down, for up to so many sessions, that their lifetime is over; returns for how many. */
export function closeExpiredSessions(database: Database, limit: number): Promise<number> {
  return database.transaction(async (em) => {
    const sessions = await lockExpiredSessions(em, limit);
    const now = await databaseNow(em);
    for (const session of sessions) await closeSession(em, session, now);
    return sessions.length;
  });
}

/** Sessions that somebody else has locked are left to them, or to the next time. */
function lockExpiredSessions(em: EntityManager, limit: number): Promise<SessionRow[]> {
  const expired = where((alias) => {
    const s = raw(alias);
    return sql`${s}.lifetime_seconds IS NOT NULL AND ${s}.is_active AND ${s}.closed_at IS NULL AND ${s}.archived_at IS NULL
      AND ${s}.deleted_at IS NULL AND ${s}.last_activity + make_interval(secs => ${s}.lifetime_seconds) <= clock_timestamp()`;
  });
  return em.find(SessionEntity, expired, {
    limit,
    orderBy: { lastActivity: 'ASC' },
    lockMode: LockMode.PESSIMISTIC_PARTIAL_WRITE,
  });
}
