import { Migration } from '@mikro-orm/migrations';
import { exactRights } from '../grants.ts';

/** What each role may do, and no more; the trigger functions run as their owner. */
export class Rights extends Migration {
  override name = '12-rights';

  override up(): void {
    this.addSql('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA scrollback FROM PUBLIC');
    this.addSql(exactRights('scrollback_gateway', gateway));
    this.addSql(exactRights('scrollback_analytics', analytics));
    this.addSql(exactRights('scrollback_viewer', viewerRights));
  }
}

/** Nobody who serves deletes a row of the shared tables, or changes the log. */
const gateway = [
  'GRANT SELECT, INSERT, UPDATE ON public.sessions, public.messages, public.agent_contexts, public.pending_approvals TO scrollback_gateway',
  'GRANT SELECT, INSERT ON public.agent_switches TO scrollback_gateway',
  'GRANT SELECT ON ALL TABLES IN SCHEMA scrollback TO scrollback_gateway',
  'GRANT SELECT ON scrollback.log_position TO scrollback_gateway',
  'GRANT INSERT ON scrollback.message_details, scrollback.tool_usage, scrollback.chat_events, scrollback.outbox TO scrollback_gateway',
  'GRANT UPDATE ON scrollback.message_details, scrollback.tool_usage TO scrollback_gateway',
  'GRANT DELETE ON scrollback.outbox TO scrollback_gateway',
  'GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA scrollback TO scrollback_gateway',
];

/** Who, when, how much and with which tools: no column that somebody has written a text into. */
const analytics = [
  'GRANT SELECT (id, created_at, last_activity, is_active, deleted_at, user_id, tenant_id, closed_at, archived_at) ON public.sessions TO scrollback_analytics',
  'GRANT SELECT (id, session_db_id, role, "timestamp", name, token_count) ON public.messages TO scrollback_analytics',
  'GRANT SELECT (id, session_db_id, current_agent, created_at, updated_at, switch_count) ON public.agent_contexts TO scrollback_analytics',
  'GRANT SELECT (id, context_db_id, from_agent, to_agent, switched_at) ON public.agent_switches TO scrollback_analytics',
  'GRANT SELECT (id, request_type, session_id, tool_name, created_at, status, decision_at, expires_at) ON public.pending_approvals TO scrollback_analytics',
  'GRANT SELECT (message_id, session_id, model, latency_ms, created_at) ON scrollback.message_details TO scrollback_analytics',
  'GRANT SELECT (id, session_id, message_id, tool_name, server_name, execution_time_ms, created_at) ON scrollback.tool_usage TO scrollback_analytics',
  'GRANT SELECT (id, session_id, user_id, tenant_id, event_type, created_at) ON scrollback.chat_events TO scrollback_analytics',
];

/** What a viewer's statements read; which rows of it is the business of the policies. */
export const viewerRights = [
  'GRANT SELECT ON public.sessions, public.messages, public.agent_contexts, public.agent_switches, public.pending_approvals TO scrollback_viewer',
  'GRANT SELECT ON scrollback.session_log, scrollback.message_details, scrollback.tool_usage, scrollback.chat_events TO scrollback_viewer',
  'GRANT SELECT ON scrollback.message_documents, scrollback.document_progress TO scrollback_viewer',
  'GRANT EXECUTE ON FUNCTION scrollback.asked_call_ids, scrollback.any_lexeme, scrollback.search_document, scrollback.unindexed_messages TO scrollback_viewer',
];
