import { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { isUnavailable } from '../../databases/database-errors.ts';
import { loggedError } from '../../shared/log-error.ts';
import { raw, type Sql, sql } from '../../shared/sql.ts';
import type { Database } from '../../databases/database.ts';
import { SessionEntity, type SessionRow } from '../../entities/agent-runtime/session.ts';
import { databaseNow, where } from '../writing/statements.ts';
import { closeSession } from './close-session.ts';

interface Sweep {
  readonly closed: number;
  /** That there are sessions that could not be closed, and why; null where there are none. */
  readonly failure: Error | null;
}

/**
 * Writes down, for up to so many sessions, that their lifetime is over. Where they cannot be closed together, each is
 * closed by itself: what is wrong with one keeps no other open.
 */
export async function closeExpiredSessions(database: Database, limit: number, stopping?: AbortSignal): Promise<Sweep> {
  try {
    return { closed: await closeTogether(database, limit), failure: null };
  } catch {
    return closeEach(database, limit, stopping);
  }
}

function closeTogether(database: Database, limit: number, id?: string): Promise<number> {
  return database.transaction(async (em) => {
    const sessions = await lockExpiredSessions(em, limit, id);
    const now = await databaseNow(em);
    for (const session of sessions) await closeSession(em, session, now);
    return sessions.length;
  });
}

/** In any order, so that sessions that cannot be closed are not always in front of the others. */
async function closeEach(database: Database, limit: number, stopping?: AbortSignal): Promise<Sweep> {
  const rows = await database.query<{ id: string }>(
    sql`SELECT s.id FROM public.sessions AS s WHERE ${isExpired('s')} ORDER BY random() LIMIT ${limit}`,
  );
  const failures: unknown[] = [];
  let closed = 0;
  for (const { id } of rows) {
    if (stopping?.aborted) break;
    try {
      closed += await closeTogether(database, 1, id);
    } catch (error) {
      failures.push(error);
      // Each of the others would wait for the database as well.
      if (isUnavailable(error)) break;
    }
  }
  return { closed, failure: failures.length === 0 ? null : failureOf(failures) };
}

const failureOf = (failures: readonly unknown[]): Error =>
  new Error(`${failures.length} could not be closed: ${loggedError(failures[0]).message}`, { cause: failures[0] });

/** Sessions that somebody else has locked are left to them, or to the next time. */
function lockExpiredSessions(em: EntityManager, limit: number, id?: string): Promise<SessionRow[]> {
  const expired = where(isExpired);
  return em.find(SessionEntity, id === undefined ? expired : { id, ...expired }, {
    limit,
    orderBy: { lastActivity: 'ASC' },
    lockMode: LockMode.PESSIMISTIC_PARTIAL_WRITE,
  });
}

/** Reckoned back from now: the end of a lifetime can lie beyond what PostgreSQL can hold, which would fail for all rows. */
function isExpired(alias: string): Sql {
  const s = raw(alias);
  return sql`${s}.lifetime_seconds IS NOT NULL AND ${s}.is_active AND ${s}.closed_at IS NULL AND ${s}.archived_at IS NULL
    AND ${s}.deleted_at IS NULL AND ${s}.last_activity <= clock_timestamp() - make_interval(secs => ${s}.lifetime_seconds)`;
}
