import type { DatabaseName } from '../database-name.ts';

/** The settings of read-for.ts, asked once per statement. */
const setting = (name: string): string => `(SELECT current_setting('scrollback.viewer_${name}', true))`;
const tenant = setting('tenant');
const user = setting('user');

/** What a reach means for rows with these conditions; an unknown reach, or none, shows nothing. */
const byReach = (reach: string, ofTenant: string, own: string): string =>
  `CASE ${setting(reach)} WHEN 'all' THEN true WHEN 'tenant' THEN ${ofTenant} WHEN 'own' THEN ${own} ELSE false END`;

/**
 * For what belongs to a row of another table: visible where that is, by that table's policy. OFFSET 0 has the parent looked
 * up by its key; without it PostgreSQL would read all parents first and make a hash of them.
 */
const where = (reach: string, table: string, condition: string): string =>
  `${setting(reach)} = 'all' OR EXISTS (SELECT FROM ${table} AS parent WHERE ${condition} OFFSET 0)`;

const ofSession = (column: string): string => where('sessions', 'public.sessions', `parent.id = ${column}`);

const undeleted = `deleted_at IS NULL AND tenant_id = ${tenant}`;
const outside = `session_id IS NULL AND tenant_id = ${tenant}`;
const ofUser = `EXISTS (SELECT FROM public.users AS owner WHERE owner.id = user_id AND owner.tenant_id = ${tenant})`;

/**
 * Which rows the viewer's role sees, by table: what visibility.ts says, once more, in the database itself. Columns of
 * the table itself are written without its name. Not among them are tables that are the same for everybody, the session
 * log, which holds no words of anybody and is read for every message, and message_documents, whose full-text index
 * PostgreSQL would not use behind a policy; both lead to messages only.
 */
export const policies: Readonly<Record<DatabaseName, Readonly<Record<string, string>>>> = {
  agentRuntime: {
    'public.sessions': byReach(
      'sessions',
      `${undeleted} AND user_id IS NOT NULL`,
      `${undeleted} AND user_id = ${user}`,
    ),
    'public.messages': ofSession('session_db_id'),
    'public.agent_contexts': ofSession('session_db_id'),
    'public.agent_switches': where('sessions', 'public.agent_contexts', 'parent.id = context_db_id'),
    'public.pending_approvals': ofSession('session_id'),
    'scrollback.message_details': where('sessions', 'public.messages', 'parent.id = message_id'),
    'scrollback.tool_usage': ofSession('session_id'),
    'scrollback.chat_events': `${ofSession('session_id')} OR ${byReach('sessions', outside, `${outside} AND user_id = ${user}`)}`,
  },
  auth: {
    'public.users': byReach('users', `tenant_id = ${tenant}`, `id = ${user} AND tenant_id = ${tenant}`),
    'public.refresh_tokens': byReach('sessions', ofUser, `user_id = ${user} AND ${ofUser}`),
    'public.audit_logs': where('trails', 'scrollback.audit_entries', 'parent.audit_log_id = audit_logs.id'),
    'scrollback.audit_entries': byReach(
      'trails',
      `tenant_id = ${tenant}`,
      `user_id = ${user} AND tenant_id = ${tenant}`,
    ),
  },
};
