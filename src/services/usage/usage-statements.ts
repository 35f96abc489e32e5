import { raw, type Sql, sql } from '../../shared/sql.ts';
import { sessionVisible } from '../identity/visibility.ts';
import type { Viewer } from '../identity/viewer.ts';

/** What was used, of what the viewer may see. */
export interface Usage {
  readonly sessionCount: number;
  readonly messageCount: number;
  readonly toolCallCount: number;
  readonly tokenCount: number;
  readonly lastActivityAt: Date | null;
}

export interface UsageRow extends Usage {
  readonly key: string;
}

export const usageOfSessions = (viewer: Viewer, sessionIds: readonly string[]): Sql =>
  summary('s.id', sql`s.id = ANY (${sessionIds}::text[])`, viewer);

export const usageOfUsers = (viewer: Viewer, userIds: readonly string[]): Sql =>
  summary('s.user_id', sql`s.user_id = ANY (${userIds}::text[]) AND s.deleted_at IS NULL`, viewer);

/** Tool calls are counted as they are listed: those that messages ask for, and recorded ones that none asked for. */
const summary = (key: string, sessions: Sql, viewer: Viewer): Sql => sql`
  SELECT ${raw(key)} AS "key", count(*) AS "sessionCount", sum(of_session.messages)::bigint AS "messageCount",
    sum(of_session.asked_calls + recorded.calls)::bigint AS "toolCallCount",
    sum(of_session.tokens)::bigint AS "tokenCount", max(s.last_activity) AS "lastActivityAt"
  FROM public.sessions AS s
  CROSS JOIN LATERAL (
    SELECT count(*) AS messages, coalesce(sum(m.token_count), 0) AS tokens,
      coalesce(sum(cardinality(scrollback.asked_call_ids(m.tool_calls))), 0) AS asked_calls
    FROM public.messages AS m WHERE m.session_db_id = s.id
  ) AS of_session
  CROSS JOIN LATERAL (
    SELECT count(*) AS calls
    FROM scrollback.tool_usage AS t JOIN public.messages AS m ON m.id = t.message_id
    WHERE t.session_id = s.id AND (t.call_id = ANY (scrollback.asked_call_ids(m.tool_calls))) IS NOT TRUE
  ) AS recorded
  WHERE ${sessions} AND ${sessionVisible(viewer)}
  GROUP BY 1`;
