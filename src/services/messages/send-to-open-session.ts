import { type Sql, sql } from '../../shared/sql.ts';
import type { Viewer } from '../identity/viewer.ts';
import { sessionVisible } from '../identity/visibility.ts';
import { detailsOf } from './claim.ts';
import type { MessageToSend } from './message-input.ts';
import { columnsOf } from './shared-columns.ts';

/**
 * The usual case as one statement, which is a transaction of its own: the session is open, and nobody has sent the
 * message before. Its parts are the steps of the long way, each with a row only if those before it had one: the session
 * locked, the clock read, the session found alive, the message claimed. It returns a row if it has written the message;
 * otherwise it has written nothing, and the long way finds out why.
 */
export function sendToOpenSession(viewer: Viewer, sessionId: string, messageId: string, input: MessageToSend): Sql {
  const details = detailsOf(viewer, input);
  const message = columnsOf(input);
  return sql`
    WITH locked AS MATERIALIZED (
      SELECT s.id, s.last_activity, s.lifetime_seconds FROM public.sessions AS s
      WHERE s.id = ${sessionId} AND ${sessionVisible(viewer)} AND s.deleted_at IS NULL
        AND s.is_active AND s.closed_at IS NULL AND s.archived_at IS NULL
      FOR UPDATE
    ), clock AS MATERIALIZED (
      SELECT locked.*, date_trunc('milliseconds', clock_timestamp()) AS now FROM locked
    ), alive AS (
      SELECT id, now FROM clock
      WHERE lifetime_seconds IS NULL OR last_activity + make_interval(secs => lifetime_seconds) > now
    ), claimed AS (
      INSERT INTO scrollback.message_details
        (message_id, session_id, author_id, model, latency_ms, tenant_id, sender, client_message_id, request_hash, created_at)
      SELECT ${messageId}, id, ${details.authorId}, ${details.model}, ${details.latencyMs}::integer, ${details.tenantId},
        ${details.sender}, ${details.clientMessageId}, ${details.requestHash}::bytea, now
      FROM alive
      ON CONFLICT DO NOTHING
      RETURNING message_id
    ), touched AS (
      UPDATE public.sessions AS s SET last_activity = alive.now FROM alive, claimed WHERE s.id = alive.id
    )
    INSERT INTO public.messages
      (id, session_db_id, role, content, "timestamp", name, tool_call_id, tool_calls, token_count, metadata_json)
    SELECT claimed.message_id, alive.id, ${message.role}, ${message.content}, alive.now, ${message.name},
      ${message.toolCallId}, ${message.toolCalls}, ${message.tokenCount}::integer, ${message.metadataJson}
    FROM alive, claimed
    RETURNING id`;
}
