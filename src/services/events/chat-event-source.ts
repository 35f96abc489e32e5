import { sql } from '../../shared/sql.ts';
import { chatEventVisible, parentSessionVisible } from '../identity/visibility.ts';
import type { Source } from '../reading/source.ts';

export const chatEventSource: Source = {
  name: 'chatEvents',
  database: 'agentRuntime',
  from: 'scrollback.chat_events AS c',
  key: 'c.id',
  columns: {
    id: 'c.id',
    eventType: 'c.event_type',
    data: `CASE WHEN jsonb_typeof(c.event_data) = 'object' THEN c.event_data ELSE jsonb_build_object('value', c.event_data) END`,
    userId: 'c.user_id',
    sessionId: 'c.session_id',
    createdAt: 'c.created_at',
  },
  visible: chatEventVisible,
  visibleThrough: { relation: 'session', predicate: parentSessionVisible },
  relations: { session: 'c.session_id' },
  orders: {
    createdAt: {
      keys: [
        { sql: 'c.created_at', type: 'timestamptz' },
        { sql: 'c.id', type: 'text' },
      ],
      descending: false,
    },
  },
  defaultOrder: 'createdAt',
  filters: { eventType: (values: readonly string[]) => sql`c.event_type = ANY (${values}::text[])` },
};
