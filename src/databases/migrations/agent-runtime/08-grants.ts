import { Migration } from '@mikro-orm/migrations';
import { grantIfRoleExists } from '../grants.ts';

/** The least rights that serving and analytics need; the trigger functions run as their owner. */
export class Grants extends Migration {
  override name = '08-grants';

  override up(): void {
    this.addSql('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA scrollback FROM PUBLIC');
    this.addSql(
      grantIfRoleExists('scrollback_gateway', [
        'GRANT USAGE ON SCHEMA public, scrollback TO scrollback_gateway',
        'GRANT SELECT, INSERT, UPDATE ON public.sessions, public.messages, public.agent_contexts, public.agent_switches, public.pending_approvals TO scrollback_gateway',
        'GRANT SELECT ON ALL TABLES IN SCHEMA scrollback TO scrollback_gateway',
        'GRANT SELECT ON scrollback.log_position TO scrollback_gateway',
        'GRANT INSERT ON scrollback.message_details, scrollback.tool_usage, scrollback.chat_events, scrollback.outbox TO scrollback_gateway',
        'GRANT UPDATE ON scrollback.message_details, scrollback.tool_usage TO scrollback_gateway',
        'GRANT DELETE ON scrollback.outbox TO scrollback_gateway',
        'GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA scrollback TO scrollback_gateway',
      ]),
    );
    this.addSql(
      grantIfRoleExists('scrollback_analytics', [
        'GRANT USAGE ON SCHEMA public, scrollback TO scrollback_analytics',
        'GRANT SELECT (id, created_at, last_activity, is_active, deleted_at, user_id, tenant_id, closed_at, archived_at) ON public.sessions TO scrollback_analytics',
        'GRANT SELECT (id, session_db_id, role, "timestamp", name, token_count) ON public.messages TO scrollback_analytics',
        'GRANT SELECT ON public.agent_contexts, public.agent_switches TO scrollback_analytics',
        'GRANT SELECT (id, session_id, message_id, tool_name, server_name, execution_time_ms, created_at) ON scrollback.tool_usage TO scrollback_analytics',
        'GRANT SELECT (id, session_id, user_id, tenant_id, event_type, created_at) ON scrollback.chat_events TO scrollback_analytics',
      ]),
    );
  }
}
