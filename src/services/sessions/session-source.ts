import { raw, sql } from '../../shared/sql.ts';
import { sessionVisible } from '../identity/visibility.ts';
import type { Source } from '../reading/source.ts';

/** As the API says it; a session whose lifetime is over is closed, also before somebody has written it down. */
const status = `CASE WHEN s.deleted_at IS NOT NULL THEN 'DELETED' WHEN s.archived_at IS NOT NULL THEN 'ARCHIVED'
  WHEN NOT s.is_active OR s.closed_at IS NOT NULL OR s.last_activity + make_interval(secs => s.lifetime_seconds) <= now() THEN 'CLOSED'
  ELSE 'ACTIVE' END`;

export const sessionSource: Source = {
  name: 'sessions',
  database: 'agentRuntime',
  from: 'public.sessions AS s',
  key: 's.id',
  columns: {
    id: 's.id',
    title: 's.title',
    description: 's.description',
    status,
    ownerId: 's.user_id',
    tenantId: `coalesce(s.tenant_id, 'default')`,
    createdAt: 's.created_at',
    lastActivityAt: 's.last_activity',
    closedAt: 's.closed_at',
    expiresAt: 's.last_activity + make_interval(secs => s.lifetime_seconds)',
    metadata: `CASE WHEN jsonb_typeof(s.metadata) = 'object' THEN s.metadata ELSE jsonb_build_object('value', s.metadata) END`,
    messageCount: '(SELECT count(*) FROM public.messages AS n WHERE n.session_db_id = s.id)',
    // What has no number yet is later than what has.
    lastMessageId: `coalesce(
      (SELECT n.id FROM scrollback.unnumbered_messages AS u JOIN public.messages AS n ON n.id = u.message_id AND coalesce(n.session_db_id = u.session_id, FALSE)
      WHERE u.session_id = s.id ORDER BY u.position DESC LIMIT 1),
      (SELECT n.id FROM scrollback.session_log AS l JOIN public.messages AS n ON n.id = l.subject_id AND coalesce(n.session_db_id = l.session_id, FALSE)
      WHERE l.session_id = s.id AND l.kind = 'message_added' ORDER BY l.number DESC LIMIT 1))`,
    currentAgent: '(SELECT a.current_agent FROM public.agent_contexts AS a WHERE a.session_db_id = s.id)',
  },
  visible: (viewer) => sessionVisible(viewer),
  ownedThrough: 'owner',
  relations: { owner: 's.user_id' },
  orders: {
    lastActivity: {
      keys: [
        { sql: 's.last_activity', type: 'timestamptz' },
        { sql: 's.id', type: 'text' },
      ],
      descending: true,
    },
    createdAt: {
      keys: [
        { sql: 's.created_at', type: 'timestamptz' },
        { sql: 's.id', type: 'text' },
      ],
      descending: true,
    },
    title: {
      keys: [
        { sql: `coalesce(s.title, '')`, type: 'text' },
        { sql: 's.id', type: 'text' },
      ],
      descending: false,
    },
  },
  defaultOrder: 'lastActivity',
  filters: {
    status: (values: readonly string[]) => sql`${raw(status)} = ANY (${values}::text[])`,
    ownerId: (value: string) => sql`s.user_id = ${value}`,
    // What has no tenant is shown as the usual one's.
    tenantId: (value: string) =>
      value === 'default' ? sql`(s.tenant_id = ${value} OR s.tenant_id IS NULL)` : sql`s.tenant_id = ${value}`,
    titleContains: (value: string) => sql`strpos(lower(coalesce(s.title, '')), lower(${value})) > 0`,
    createdAfter: (value: Date) => sql`s.created_at >= ${value}`,
    createdBefore: (value: Date) => sql`s.created_at < ${value}`,
    activeAfter: (value: Date) => sql`s.last_activity >= ${value}`,
    activeBefore: (value: Date) => sql`s.last_activity < ${value}`,
  },
  listed: { condition: 's.deleted_at IS NULL', unless: 'status' },
};
