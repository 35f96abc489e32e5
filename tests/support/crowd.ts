import type { TestDatabases } from './databases.ts';

/**
 * So many rows of everything for the user `anna`, under the session `s-1`, all with the same time, so that only their
 * keys tell their order; every session has as many messages, switches, approvals and events.
 */
export async function addCrowd(test: TestDatabases, count: number, messagesPerSession = count): Promise<void> {
  const { auth, agentRuntime } = test.service;
  const at = `'2026-02-01T12:00:00.123456Z'::timestamptz`;
  const sessions = `generate_series(1, ${count}) AS s`;
  const perSession = `${sessions}, generate_series(1, ${messagesPerSession}) AS n`;
  await auth.query(`
    INSERT INTO users (id, username, email, password_hash, created_at) VALUES ('anna', 'anna', 'anna@example.org', '!', ${at});
    INSERT INTO users (id, username, email, password_hash, created_at)
      SELECT 'user-' || n, 'user-' || n, 'user-' || n || '@example.org', '!', ${at} FROM generate_series(1, ${count}) AS n;
    INSERT INTO oauth_clients (id, client_id, name, allowed_scopes, allowed_grant_types)
      SELECT 'client-' || n, 'client-' || n, 'Client', 'api:read', '[]' FROM generate_series(1, ${count}) AS n;
    INSERT INTO refresh_tokens (id, jti_hash, user_id, client_id, scope, expires_at, created_at)
      SELECT 'token-' || u.id || '-' || n, 'hash-' || u.id || '-' || n, u.id, 'client-' || n, 'api:read', now() + interval '1 day', ${at}
      FROM users AS u, generate_series(1, ${count}) AS n;
    INSERT INTO audit_logs (id, user_id, event_type, created_at)
      SELECT 'audit-' || u.id || '-' || n, u.id, 'login_success', ${at} FROM users AS u, generate_series(1, ${count}) AS n`);
  await agentRuntime.query(`
    INSERT INTO sessions (id, title, user_id, tenant_id, created_at, last_activity)
      SELECT 's-' || s, 'Same title', 'anna', 'default', ${at}, ${at} FROM ${sessions};
    INSERT INTO sessions (id, title, user_id, tenant_id, created_at, last_activity)
      SELECT 'of-user-' || s, 'Same title', 'user-' || s, 'default', ${at}, ${at} FROM ${sessions};
    INSERT INTO messages (id, session_db_id, role, content, "timestamp", tool_calls, token_count)
      SELECT 'm-' || s || '-' || n, 's-' || s, CASE WHEN n % 2 = 1 THEN 'user' ELSE 'assistant' END, 'alike', ${at},
        CASE WHEN n % 2 = 0 THEN '[{"id":"call-' || n || '","function":{"name":"look","arguments":"{}"}}]' END, 1
      FROM ${perSession};
    INSERT INTO scrollback.tool_usage (id, session_id, message_id, tool_name, created_at)
      SELECT 'usage-' || s || '-' || n, 's-' || s, 'm-' || s || '-' || n, 'unasked', ${at} FROM ${perSession};
    INSERT INTO agent_contexts (id, session_db_id, current_agent) SELECT 'context-' || s, 's-' || s, 'coder' FROM ${sessions};
    INSERT INTO agent_switches (id, context_db_id, to_agent, switched_at)
      SELECT 'switch-' || s || '-' || n, 'context-' || s, 'coder', ${at} FROM ${perSession};
    INSERT INTO pending_approvals (id, request_id, session_id, call_id, created_at, status, decided_by)
      SELECT 'approval-' || s || '-' || n, 'request-' || s || '-' || n, 's-' || s, 'call-' || n, ${at}, 'approved', 'user-' || least(n, ${count}) FROM ${perSession};
    INSERT INTO scrollback.chat_events (id, session_id, user_id, tenant_id, event_type, created_at)
      SELECT 'event-' || s || '-' || n, 's-' || s, 'user-' || least(n, ${count}), 'default', 'chat_opened', ${at} FROM ${perSession}`);
}
