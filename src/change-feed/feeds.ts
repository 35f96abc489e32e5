import sql, { type Sql } from 'sql-template-tag';
import type { Database } from '../databases/database.ts';
import type { DatabaseName } from '../databases/database-name.ts';
import { cursorDiverged, fingerprintBytes, sameFingerprint } from '../shared/cursor-codec.ts';
import {
  allSessionsTopic,
  auditTopic,
  sessionTopic,
  type Feeds,
  type LogEvent,
  type LogFeed,
  type LogPlace,
} from './contract.ts';

interface LogSource {
  readonly topic: string;
  readonly database: Database;
  readonly placeOf: (event: LogEvent) => LogPlace;
  /** The last event; no row in an empty log. */
  readonly head: () => Promise<Sql>;
  /** Events from this number on, the number's own included, so that a page says by itself whether its start still holds. */
  readonly from: (number: number, limit: number) => Promise<Sql>;
}

/** Looking at a log is quick; what takes longer is a connection that has died without a word. */
export const patienceMs = 5000;

/** The logs as they stand in the two databases. */
export function createFeeds(databases: Readonly<Record<DatabaseName, Database>>): Feeds {
  const { agentRuntime, auth } = databases;
  return {
    session: (sessionId) => feedOf(sessionLog(agentRuntime, sessionId)),
    allSessions: () => feedOf(allSessionLogs(agentRuntime)),
    audit: () => feedOf(auditLog(auth)),
  };
}

function feedOf(source: LogSource): LogFeed {
  return {
    topic: source.topic,
    placeOf: source.placeOf,
    async head() {
      const [last] = await source.database.query<LogEvent>(await source.head(), patienceMs);
      return last === undefined ? { number: 0, fingerprint: Buffer.alloc(fingerprintBytes) } : source.placeOf(last);
    },
    async pageAfter(place, limit) {
      const [first, ...rest] = await source.database.query<LogEvent>(
        await source.from(place.number, limit + 1),
        patienceMs,
      );
      if (place.number === 0) return first === undefined ? [] : [first, ...rest].slice(0, limit);
      const start = first === undefined ? undefined : source.placeOf(first);
      if (first === undefined || start?.number !== place.number || !sameFingerprint(first.chain, place.fingerprint)) {
        throw cursorDiverged();
      }
      return rest;
    },
  };
}

const byNumber = (event: LogEvent): LogPlace => ({
  number: event.number,
  fingerprint: event.chain.subarray(0, fingerprintBytes),
});
const byPosition = (event: LogEvent): LogPlace => ({
  number: event.position,
  fingerprint: event.chain.subarray(0, fingerprintBytes),
});

const logColumns = sql`l.session_id AS "sessionId", l.number, l.position, l.kind, l.subject_id AS "subjectId",
  l.message_sequence AS "messageSequence", l.chain, l.created_at AS "createdAt"`;

const sessionLog = (database: Database, sessionId: string): LogSource => ({
  topic: sessionTopic(sessionId),
  database,
  placeOf: byNumber,
  head: async () =>
    sql`SELECT ${logColumns} FROM scrollback.session_log AS l WHERE l.session_id = ${sessionId} ORDER BY l.number DESC LIMIT 1`,
  from: async (number, limit) =>
    sql`SELECT ${logColumns} FROM scrollback.session_log AS l WHERE l.session_id = ${sessionId} AND l.number >= ${number} ORDER BY l.number LIMIT ${limit}`,
});

/**
 * Read no further than the horizon: above it a transaction may still commit a lower position. The place that a reader
 * comes with is looked at wherever it lies: a single session's cursor may be ahead of the horizon, and a writer that was
 * held up between looking for its lock and getting it takes the horizon back a little.
 */
const allSessionLogs = (database: Database): LogSource => ({
  topic: allSessionsTopic,
  database,
  placeOf: byPosition,
  head: async () =>
    sql`SELECT ${logColumns} FROM scrollback.session_log AS l WHERE l.position <= ${await horizonOf(database)} ORDER BY l.position DESC LIMIT 1`,
  from: async (position, limit) =>
    sql`SELECT ${logColumns}, json_build_object('userId', s.user_id, 'tenantId', s.tenant_id, 'deleted', s.deleted_at IS NOT NULL) AS owner
      FROM scrollback.session_log AS l LEFT JOIN public.sessions AS s ON s.id = l.session_id
      WHERE l.position >= ${position} AND l.position <= ${Math.max(position, await horizonOf(database))} ORDER BY l.position LIMIT ${limit}`,
});

/** In a statement of its own: what lies below the horizon is visible to the statements that start after it. */
export async function horizonOf(database: Database): Promise<number> {
  const [row] = await database.query<{ horizon: number }>(sql`SELECT scrollback.log_horizon() AS horizon`, patienceMs);
  return row?.horizon ?? 0;
}

const auditColumns = sql`NULL AS "sessionId", e.number, e.number AS position, 'audit_log_added' AS kind,
  e.audit_log_id AS "subjectId", NULL AS "messageSequence", e.chain, e.created_at AS "createdAt"`;

const auditLog = (database: Database): LogSource => ({
  topic: auditTopic,
  database,
  placeOf: byNumber,
  head: async () => sql`SELECT ${auditColumns} FROM scrollback.audit_entries AS e ORDER BY e.number DESC LIMIT 1`,
  from: async (number, limit) =>
    sql`SELECT ${auditColumns} FROM scrollback.audit_entries AS e WHERE e.number >= ${number} ORDER BY e.number LIMIT ${limit}`,
});
