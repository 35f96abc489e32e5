import { Migration } from '@mikro-orm/migrations';
import { buildIndex } from '../build-index.ts';

/** Indexes on the shared tables for the gateway's reads. Built without blocking writers, hence outside a transaction. */
export class ReadIndexes extends Migration {
  override name = '07-read-indexes';

  override isTransactional(): boolean {
    return false;
  }

  override up(): void {
    for (const [name, definition] of Object.entries(indexes))
      for (const statement of buildIndex(name, definition)) this.addSql(statement);
  }
}

const indexes = {
  scrollback_sessions_user_activity: 'public.sessions (user_id, last_activity DESC, id DESC)',
  scrollback_sessions_tenant_activity: 'public.sessions (tenant_id, last_activity DESC, id DESC)',
  scrollback_sessions_activity: 'public.sessions (last_activity DESC, id DESC)',
  scrollback_sessions_expiring: 'public.sessions (last_activity) WHERE lifetime_seconds IS NOT NULL AND is_active',
  scrollback_messages_tool_call: 'public.messages (session_db_id, tool_call_id) WHERE tool_call_id IS NOT NULL',
  scrollback_approvals_session: 'public.pending_approvals (session_id, created_at DESC, id DESC)',
  scrollback_approvals_created: 'public.pending_approvals (created_at DESC, id DESC)',
};
