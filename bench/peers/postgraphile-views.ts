/**
 * What PostGraphile is shown: the rows of the workloads as views with the names of the product, because the message's
 * sequence stands in the log and not in the messages table. The views add no work to the statements that are needed anyway.
 */
export const agentRuntimeViews = /* sql */ `
CREATE SCHEMA IF NOT EXISTS bench;
CREATE OR REPLACE VIEW bench.sessions AS
  SELECT id::text, user_id::text, title::text, last_activity AS last_activity_at FROM public.sessions WHERE deleted_at IS NULL;
CREATE OR REPLACE VIEW bench.messages AS
  SELECT m.id, l.session_id, l.number, l.message_sequence::int AS sequence, upper(m.role) AS role, m.content, m."timestamp" AS created_at
  FROM scrollback.session_log AS l JOIN public.messages AS m ON m.id = l.subject_id WHERE l.kind = 'message_added';
CREATE OR REPLACE VIEW bench.tool_calls AS
  SELECT id, message_id, call_id AS tool_call_id, tool_name AS name, arguments, execution_time_ms, created_at FROM scrollback.tool_usage;
COMMENT ON VIEW bench.sessions IS E'@primaryKey id';
COMMENT ON VIEW bench.messages IS E'@primaryKey id\\n@foreignKey (session_id) references bench.sessions (id)|@foreignFieldName messages';
COMMENT ON VIEW bench.tool_calls IS E'@primaryKey id\\n@foreignKey (message_id) references bench.messages (id)|@foreignSimpleFieldName toolCallsList|@foreignFieldName toolCalls';
`;

export const authViews = /* sql */ `
CREATE SCHEMA IF NOT EXISTS bench;
CREATE OR REPLACE VIEW bench.audit_logs AS
  SELECT a.id, e.user_id, e.number, a.event_type, a.event_data, a.ip_address, a.user_agent, a.success, a.created_at
  FROM scrollback.audit_entries AS e JOIN public.audit_logs AS a ON a.id = e.audit_log_id;
COMMENT ON VIEW bench.audit_logs IS E'@primaryKey id';
`;
