import { JsonText } from '../../shared/json-text.ts';
import { join, raw, type Sql, sql } from '../../shared/sql.ts';
import { parentSessionVisible, sessionIdVisible } from '../identity/visibility.ts';
import type { Viewer } from '../identity/viewer.ts';
import { noticeRow } from '../reading/statements.ts';

/** What a tool server recorded of one call; of what nobody wants nothing is read. */
export interface RecordedCall {
  readonly id: string;
  readonly messageId: string;
  readonly callId: string | null;
  readonly name: string;
  /** As PostgreSQL prints it. */
  readonly createdAt: string;
  readonly serverName?: string | null;
  readonly arguments?: JsonText | null;
  readonly result?: JsonText | null;
  readonly error?: string | null;
  readonly executionTimeMs?: number | null;
}

const asIs = (text: string): string => text;
/** A JSON null says as little as none. */
const jsonOrNull = (text: string): JsonText | null => (text === 'null' ? null : new JsonText(text));

/** What is read only where it is wanted, and what is made of PostgreSQL's text. */
const details = {
  serverName: { column: 't.server_name', make: asIs },
  arguments: { column: 't.arguments', make: jsonOrNull },
  result: { column: 't.result', make: jsonOrNull },
  error: { column: 't.error', make: asIs },
  executionTimeMs: { column: 't.execution_time_ms', make: Number },
} as const;

export type Detail = keyof typeof details;

export const detailsAmong = (wanted: (field: string) => boolean): Detail[] =>
  (Object.keys(details) as Detail[]).filter(wanted);

/** A call that wants its answer. */
export interface AskedFor {
  readonly sessionId: string;
  readonly messageId: string;
  readonly callId: string;
}

export interface Answer {
  /** Null in a row that is a notice. */
  readonly messageId: string | null;
  readonly callId: string;
  readonly content: string | null;
}

/**
 * The records of messages that ask for calls, and of those that ask for none: these are many, few of them have any, and
 * an index of its own says which. Message by message, because for many at once PostgreSQL makes a bitmap, which it has
 * read by other processes: twice as dear for so few rows. Those of a message come in order, as texts; see `recordedCall`.
 */
export function recordedCalls(
  viewer: Viewer,
  { asking, others }: Readonly<Record<'asking' | 'others', readonly string[]>>,
  wanted: readonly Detail[],
): Sql {
  const columns = raw(wanted.map((detail) => `, ${details[detail].column}`).join(''));
  const records = (messageIds: readonly string[], condition: Sql): Sql =>
    sql`SELECT record.* FROM unnest(${messageIds}::text[]) AS message (id) CROSS JOIN LATERAL (
    SELECT t.id, t.message_id, t.call_id, t.tool_name, t.created_at${columns} FROM scrollback.tool_usage AS t
    WHERE t.message_id = message.id AND ${condition} AND ${parentSessionVisible(viewer, sql`t.session_id`)}
    ORDER BY t.created_at, t.id) AS record`;
  const found = [
    ...(asking.length === 0 ? [] : [records(asking, sql`TRUE`)]),
    ...(others.length === 0 ? [] : [records(others, sql`NOT t.asked`)]),
  ];
  return join(found, ' UNION ALL ');
}

export function recordedCall(cells: readonly unknown[], wanted: readonly Detail[]): RecordedCall {
  const [id, messageId, callId, name, createdAt] = cells as [string, string, string | null, string, string];
  const call: Record<string, unknown> = { id, messageId, callId, name, createdAt };
  wanted.forEach((detail, index) => {
    const text = cells[5 + index];
    call[detail] = typeof text === 'string' ? details[detail].make(text) : null;
  });
  return call as unknown as RecordedCall;
}

/**
 * Models that count their calls (call_1, call_2 …) give the same id in message after message. An answer belongs to the
 * last message before it that asked for its id. Where it stands before all of them, which equal timestamps can do to
 * an adopted session, it belongs to the first. A call's answer is the first one that belongs to it.
 */
export const answersOfCalls = (viewer: Viewer, asked: readonly AskedFor[]): Sql => sql`
  SELECT asked.message_id AS "messageId", asked.call_id AS "callId", answer.content
  FROM unnest(
    ${asked.map((call) => call.sessionId)}::text[],
    ${asked.map((call) => call.messageId)}::text[],
    ${asked.map((call) => call.callId)}::text[]
  ) AS asked (session_id, message_id, call_id)
  JOIN scrollback.session_log AS place
    ON place.session_id = asked.session_id AND place.subject_id = asked.message_id AND place.kind = 'message_added'
  CROSS JOIN LATERAL (
    SELECT m.content, l.number
    FROM public.messages AS m
    JOIN scrollback.session_log AS l
      ON l.session_id = m.session_db_id AND l.subject_id = m.id AND l.kind = 'message_added'
    WHERE m.session_db_id = asked.session_id AND m.tool_call_id = asked.call_id AND m.role = 'tool'
    ORDER BY l.number > place.number DESC, l.number LIMIT 1
  ) AS answer
  WHERE ${sessionIdVisible(viewer, sql`asked.session_id`)} AND NOT EXISTS (
    SELECT FROM scrollback.session_log AS l
    JOIN public.messages AS m ON m.id = l.subject_id AND m.session_db_id = l.session_id
    WHERE l.session_id = asked.session_id AND l.kind = 'message_added'
      AND l.number > CASE WHEN answer.number > place.number THEN place.number ELSE 0 END
      AND l.number < CASE WHEN answer.number > place.number THEN answer.number ELSE place.number END
      AND asked.call_id = ANY (scrollback.asked_call_ids(m.tool_calls))
  )
  UNION ALL SELECT ${noticeRow('NULL', 3)}
  WHERE EXISTS (SELECT FROM scrollback.unnumbered_messages AS u WHERE u.session_id = ANY (${sessionIdsOf(asked)}::text[]))`;

export const sessionIdsOf = (asked: readonly AskedFor[]): string[] => [...new Set(asked.map((call) => call.sessionId))];

/** Whether a row says that messages of the sessions have no numbers yet, so that an answer may be missing. */
export const isAnswerNotice = ({ messageId }: Answer): boolean => messageId === null;

/** The newest approval that was requested for each call. */
export const approvalsOfCalls = (viewer: Viewer, calls: readonly { sessionId: string; callId: string }[]): Sql => sql`
  SELECT DISTINCT ON (p.session_id, p.call_id) p.id, p.session_id AS "sessionId", p.call_id AS "callId"
  FROM unnest(${calls.map((call) => call.sessionId)}::text[], ${calls.map((call) => call.callId)}::text[])
    AS asked (session_id, call_id)
  JOIN public.pending_approvals AS p ON p.session_id = asked.session_id AND p.call_id = asked.call_id
  WHERE ${sessionIdVisible(viewer, sql`p.session_id`)}
  ORDER BY p.session_id, p.call_id, p.created_at DESC, p.id DESC`;
