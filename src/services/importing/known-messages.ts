import type { EntityManager } from '@mikro-orm/postgresql';
import { join, sql } from '../../shared/sql.ts';
import { run } from '../writing/statements.ts';
import type { ImportedMessage } from './chat-message.ts';

/** A message that the session has or had; where it was removed, all but its id is null. */
export interface KnownMessage {
  readonly id: string;
  readonly role: string | null;
  readonly content: string | null;
  readonly toolCalls: string | null;
}

/** Those of the messages that the session's log tells of, or is about to: what was removed does not come back with the next import. */
export async function knownMessages(
  em: EntityManager,
  sessionId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, KnownMessage>> {
  if (ids.length === 0) return new Map();
  const rows = await run<KnownMessage>(
    em,
    sql`SELECT l.subject_id AS id, m.role, m.content, m.tool_calls AS "toolCalls"
      FROM scrollback.session_log AS l LEFT JOIN public.messages AS m ON m.id = l.subject_id
      WHERE l.subject_id IN (${join(ids)}) AND l.session_id = ${sessionId} AND l.kind = 'message_added'
      UNION
      SELECT m.id, m.role, m.content, m.tool_calls
      FROM scrollback.unnumbered_messages AS u JOIN public.messages AS m ON m.id = u.message_id
      WHERE u.message_id IN (${join(ids)}) AND u.session_id = ${sessionId}`,
  );
  return new Map(rows.map((row) => [row.id, row]));
}

export const differs = (message: ImportedMessage, known: KnownMessage | undefined): boolean =>
  known !== undefined &&
  known.role !== null &&
  (known.role !== message.role || known.content !== message.content || known.toolCalls !== message.toolCalls);
