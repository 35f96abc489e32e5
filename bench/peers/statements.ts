import type { Statement } from './databases.ts';

/**
 * The statements of the hand-written peers: what somebody who knows the tables would write for these four questions.
 * Limits stand in the text: with a parameter PostgreSQL would plan each of them anew, because it cannot see that few rows are wanted.
 */

export const lastMessages = (limit: number): Statement => ({
  name: `last-messages-${limit}`,
  text: `SELECT l.subject_id AS id, l.message_sequence AS sequence, upper(m.role) AS role, m.content, m."timestamp" AS "createdAt"
    FROM scrollback.session_log AS l JOIN public.messages AS m ON m.id = l.subject_id
    WHERE l.session_id = $1 AND l.kind = 'message_added' ORDER BY l.number DESC LIMIT ${limit}`,
});

export const messageById = {
  name: 'message-by-id',
  text: `SELECT l.subject_id AS id, l.message_sequence AS sequence, upper(m.role) AS role, m.content, m."timestamp" AS "createdAt"
    FROM scrollback.session_log AS l JOIN public.messages AS m ON m.id = l.subject_id AND m.session_db_id = l.session_id
    WHERE l.subject_id = $1 AND l.kind = 'message_added'`,
};

export const messagesById = {
  name: 'messages-by-id',
  text: `SELECT l.subject_id AS id, l.message_sequence AS sequence, upper(m.role) AS role, m.content, m."timestamp" AS "createdAt"
    FROM scrollback.session_log AS l JOIN public.messages AS m ON m.id = l.subject_id AND m.session_db_id = l.session_id
    WHERE l.subject_id = ANY ($1) AND l.kind = 'message_added'`,
};

export const sessionsById = {
  name: 'sessions-by-id',
  text: `SELECT id, title, last_activity AS "lastActivityAt" FROM public.sessions WHERE id = ANY ($1) AND deleted_at IS NULL`,
};

export const usersById = { name: 'users-by-id', text: `SELECT id FROM public.users WHERE id = ANY ($1)` };

export const latestSessions = (limit: number): Statement => ({
  name: `latest-sessions-${limit}`,
  text: `SELECT id, title, last_activity AS "lastActivityAt" FROM public.sessions
    WHERE user_id = $1 AND deleted_at IS NULL ORDER BY last_activity DESC, id DESC LIMIT ${limit}`,
});

export const lastMessagesOfSessions = (limit: number): Statement => ({
  name: `last-messages-of-sessions-${limit}`,
  text: `SELECT parent.id AS "sessionId", page.* FROM unnest($1::text[]) AS parent (id) CROSS JOIN LATERAL (
    SELECT l.subject_id AS id, l.message_sequence AS sequence, upper(m.role) AS role, m.content, m."timestamp" AS "createdAt", m.tool_calls AS "toolCalls"
    FROM scrollback.session_log AS l JOIN public.messages AS m ON m.id = l.subject_id
    WHERE l.session_id = parent.id AND l.kind = 'message_added' ORDER BY l.number DESC LIMIT ${limit}) AS page`,
});

export const recordedCalls = {
  name: 'recorded-calls',
  text: `SELECT message_id AS "messageId", call_id AS "toolCallId", tool_name AS name, arguments, execution_time_ms AS "executionTimeMs"
    FROM scrollback.tool_usage WHERE message_id = ANY ($1) ORDER BY message_id, created_at, id`,
};

export const auditLogs = (limit: number): Statement => ({
  name: `audit-logs-${limit}`,
  text: `SELECT a.id, a.event_type AS "eventType", a.event_data AS "eventData", a.ip_address AS "ipAddress", a.user_agent AS "userAgent",
      a.success, a.created_at AS "createdAt", e.number
    FROM scrollback.audit_entries AS e JOIN public.audit_logs AS a ON a.id = e.audit_log_id
    WHERE e.user_id = $1 ORDER BY e.number DESC LIMIT ${limit}`,
});
