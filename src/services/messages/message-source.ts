import { sql } from '../../shared/sql.ts';
import { parentSessionVisible, sessionIdVisible } from '../identity/visibility.ts';
import type { Source } from '../reading/source.ts';

/**
 * Messages in the order of the session log. The log says which messages there are and in which place; the row may
 * have been deleted and inserted again since, with the same id.
 */
export const messageSource: Source = {
  name: 'messages',
  database: 'agentRuntime',
  // As a plain condition the sessions' equality would be an index to look a message up by, while a table has no
  // statistics; and it would be weighed against the ids', as if one message in thousands passed: too few to stop early.
  from: `scrollback.session_log AS l JOIN public.messages AS m ON m.id = l.subject_id AND coalesce(m.session_db_id = l.session_id, FALSE)
    LEFT JOIN scrollback.message_details AS d ON d.message_id = l.subject_id`,
  condition: `l.kind = 'message_added'`,
  key: 'l.subject_id',
  columns: {
    id: 'm.id',
    sessionId: 'l.session_id',
    sequence: 'l.message_sequence',
    role: 'upper(m.role)',
    content: 'm.content',
    authorId: `coalesce(d.author_id, CASE WHEN m.role = 'user' THEN (SELECT s.user_id FROM public.sessions AS s WHERE s.id = l.session_id) END)`,
    name: 'm.name',
    toolCallId: 'm.tool_call_id',
    toolCallsText: 'm.tool_calls',
    tokenCount: 'm.token_count',
    model: 'd.model',
    latencyMs: 'd.latency_ms',
    metadataText: 'm.metadata_json',
    createdAt: 'm."timestamp"',
    editedAt: `(SELECT max(e.created_at) FROM scrollback.session_log AS e
      WHERE e.subject_id = l.subject_id AND e.session_id = l.session_id AND e.kind = 'message_edited')`,
  },
  visible: (viewer) => sessionIdVisible(viewer, sql`l.session_id`),
  visibleThrough: { relation: 'session', predicate: parentSessionVisible, provesParent: 'sessions' },
  relations: { session: 'l.session_id' },
  orders: { sequence: { keys: [{ sql: 'l.number', type: 'bigint' }], descending: false } },
  defaultOrder: 'sequence',
  log: {
    table: 'scrollback.session_log AS l',
    number: 'l.number',
    position: 'l.position',
    chain: 'l.chain',
    sequence: 'l.message_sequence',
    scope: 'l.session_id',
    unnumbered: { table: 'scrollback.unnumbered_messages AS u', scope: 'u.session_id' },
  },
  filters: {
    role: (values: readonly string[]) => sql`upper(m.role) = ANY (${values}::text[])`,
    sessionIds: (values: readonly string[]) => sql`l.session_id = ANY (${values}::text[])`,
    ownerId: (value: string) =>
      sql`EXISTS (SELECT FROM public.sessions AS o WHERE o.id = l.session_id AND o.user_id = ${value})`,
    createdAfter: (value: Date) => sql`m."timestamp" >= ${value}`,
    createdBefore: (value: Date) => sql`m."timestamp" < ${value}`,
  },
};
