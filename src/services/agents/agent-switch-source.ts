import { sql } from '../../shared/sql.ts';
import { parentSessionVisible, sessionIdVisible } from '../identity/visibility.ts';
import type { Source } from '../reading/source.ts';

export const agentSwitchSource: Source = {
  name: 'agentSwitches',
  database: 'agentRuntime',
  from: 'public.agent_switches AS w JOIN public.agent_contexts AS a ON a.id = w.context_db_id',
  key: 'w.id',
  columns: {
    id: 'w.id',
    sessionId: 'a.session_db_id',
    fromAgent: 'w.from_agent',
    toAgent: 'w.to_agent',
    reason: 'w.reason',
    switchedAt: 'w.switched_at',
  },
  visible: (viewer) => sessionIdVisible(viewer, sql`a.session_db_id`),
  visibleThrough: { relation: 'session', predicate: parentSessionVisible },
  relations: { session: 'a.session_db_id' },
  orders: {
    switchedAt: {
      keys: [
        { sql: 'w.switched_at', type: 'timestamptz' },
        { sql: 'w.id', type: 'text' },
      ],
      descending: false,
    },
  },
  defaultOrder: 'switchedAt',
};
