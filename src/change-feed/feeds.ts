import { raw, type Sql, sql } from '../shared/sql.ts';
import type { Database } from '../databases/database.ts';
import { numberAllMessages, numberSessions } from '../databases/numbering.ts';
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
  type SessionPlace,
} from './contract.ts';

type Counter = 'number' | 'position';
type LogRow = Omit<LogEvent, 'place' | 'readAt'>;

interface LogSource {
  readonly topic: string;
  readonly database: Database;
  /** What places in this log count by. */
  readonly counter: Counter;
  /** The last event of what is committed; no row in an empty log. */
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
    sessionPages: (places, limit) => sessionPages(agentRuntime, places, limit),
  };
}

function feedOf({ topic, database, counter, ...source }: LogSource): LogFeed {
  const read = async (statement: Promise<Sql>): Promise<LogEvent[]> =>
    eventsOf(await database.query<LogRow>(await statement, { withinMs: patienceMs }), counter);
  return {
    topic,
    async head() {
      const [last] = await read(source.head());
      return last?.place ?? { number: 0, fingerprint: Buffer.alloc(fingerprintBytes) };
    },
    async pageAfter(place, limit) {
      const page = pageOf(await read(source.from(place.number, limit + 1)), place, limit);
      if (page === null) throw cursorDiverged();
      return page;
    },
  };
}

/** What follows the place's own event, with which the rows begin; null where they do not, so the history is another one. */
function pageOf(events: readonly LogEvent[], place: LogPlace, limit: number): readonly LogEvent[] | null {
  if (place.number === 0) return events.slice(0, limit);
  const [own, ...rest] = events;
  if (own?.place.number !== place.number || !sameFingerprint(own.chain, place.fingerprint)) return null;
  return rest;
}

function eventsOf(rows: readonly LogRow[], counter: Counter): LogEvent[] {
  const readAt = performance.now();
  return rows.map((row) => ({
    ...row,
    readAt,
    place: { number: row[counter], fingerprint: row.chain.subarray(0, fingerprintBytes) },
  }));
}

/** PostgreSQL knows the length of a text without reading it. */
const messageSize = sql`CASE WHEN l.kind = 'message_added' THEN coalesce((SELECT coalesce(octet_length(m.content), 0)
  + coalesce(octet_length(m.tool_calls), 0) + coalesce(octet_length(m.metadata_json), 0)
  FROM public.messages AS m WHERE m.id = l.subject_id), 0) ELSE 0 END AS size`;

const logColumns = sql`l.session_id AS "sessionId", l.number, l.position, l.kind, l.subject_id AS "subjectId",
  l.message_sequence AS "messageSequence", l.chain, l.created_at AS "createdAt", ${messageSize}`;

const sessionLog = (database: Database, sessionId: string): LogSource => ({
  topic: sessionTopic(sessionId),
  database,
  counter: 'number',
  async head() {
    await numberSessions(database, [sessionId]);
    return sql`SELECT ${logColumns} FROM scrollback.session_log AS l WHERE l.session_id = ${sessionId} ORDER BY l.number DESC LIMIT 1`;
  },
  from: async (number, limit) =>
    sql`SELECT ${logColumns} FROM scrollback.session_log AS l WHERE l.session_id = ${sessionId} AND l.number >= ${number} ORDER BY l.number LIMIT ${limit}`,
});

async function sessionPages(
  database: Database,
  places: readonly SessionPlace[],
  limit: number,
): Promise<(readonly LogEvent[] | null)[]> {
  const sessionIds = places.map(({ sessionId }) => sessionId);
  const numbers = places.map(({ place }) => place.number);
  const rows = await database.query<LogRow & { index: number }>(
    sql`SELECT w.index, l.* FROM unnest(${sessionIds}::text[], ${numbers}::bigint[]) WITH ORDINALITY AS w (session_id, number, index)
      CROSS JOIN LATERAL (
        SELECT ${logColumns} FROM scrollback.session_log AS l
        WHERE l.session_id = w.session_id AND l.number >= w.number ORDER BY l.number LIMIT ${limit + 1}
      ) AS l ORDER BY w.index, l.number`,
    { withinMs: patienceMs },
  );
  const byIndex = Map.groupBy(rows, ({ index }) => index);
  return places.map(({ place }, index) => pageOf(eventsOf(byIndex.get(index + 1) ?? [], 'number'), place, limit));
}

const ownerJson = (alias: string): string =>
  `json_build_object('userId', ${alias}.user_id, 'tenantId', ${alias}.tenant_id)`;

/**
 * Read no further than the horizon: above it a transaction may still commit a lower position. The place that a reader
 * comes with is looked at wherever it lies: a single session's cursor may be ahead of the horizon, and a writer that was
 * held up between looking for its lock and getting it takes the horizon back a little.
 */
const allSessionLogs = (database: Database): LogSource => ({
  topic: allSessionsTopic,
  database,
  counter: 'position',
  async head() {
    await numberAllMessages(database);
    return sql`SELECT ${logColumns} FROM scrollback.session_log AS l WHERE l.position <= ${await horizonOf(database)} ORDER BY l.position DESC LIMIT 1`;
  },
  from: async (position, limit) =>
    sql`SELECT ${logColumns}, ${raw(ownerJson('s'))} AS owner,
        CASE WHEN d.session_id IS NOT NULL THEN ${raw(ownerJson('d'))} END AS "formerOwner"
      FROM scrollback.session_log AS l LEFT JOIN public.sessions AS s ON s.id = l.session_id
      LEFT JOIN scrollback.session_departures AS d
        ON l.kind IN ('session_changed', 'session_removed') AND d.session_id = l.session_id AND d.number = l.number
      WHERE l.position >= ${position} AND l.position <= ${Math.max(position, await horizonOf(database))} ORDER BY l.position LIMIT ${limit}`,
});

/** In a statement of its own: what lies below the horizon is visible to the statements that start after it. */
async function horizonOf(database: Database): Promise<number> {
  const [row] = await database.query<{ horizon: number }>(sql`SELECT scrollback.log_horizon() AS horizon`, {
    withinMs: patienceMs,
  });
  return row?.horizon ?? 0;
}

const auditColumns = sql`NULL AS "sessionId", e.number, e.number AS position, 'audit_log_added' AS kind,
  e.audit_log_id AS "subjectId", NULL AS "messageSequence", e.chain, e.created_at AS "createdAt",
  coalesce((SELECT pg_column_size(a.event_data) + octet_length(coalesce(a.error_message, ''))
    FROM public.audit_logs AS a WHERE a.id = e.audit_log_id), 0) AS size`;

const auditLog = (database: Database): LogSource => ({
  topic: auditTopic,
  database,
  counter: 'number',
  head: async () => sql`SELECT ${auditColumns} FROM scrollback.audit_entries AS e ORDER BY e.number DESC LIMIT 1`,
  from: async (number, limit) =>
    sql`SELECT ${auditColumns} FROM scrollback.audit_entries AS e WHERE e.number >= ${number} ORDER BY e.number LIMIT ${limit}`,
});
