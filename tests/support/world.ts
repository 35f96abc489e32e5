import type pg from 'pg';
import type { Credentials } from './gateway.ts';
import type { TestDatabases } from './databases.ts';

const scopes = ['api:read', 'api:write'];

/** Who uses the world: users of two tenants, and those with more rights than a user. */
export const people = {
  anna: { userId: 'anna', scopes },
  boris: { userId: 'boris', scopes },
  carla: { userId: 'carla', scopes, tenantId: 'acme' },
  /** Administrator of the tenant `default`. */
  tess: { userId: 'tess', scopes: [...scopes, 'tenant:admin'] },
  /** Administrator of everything. */
  adam: { userId: 'adam', scopes: [...scopes, 'api:admin'] },
  /** Auditor of the tenant `default`. */
  audrey: { userId: 'audrey', scopes: ['audit:read'] },
} as const satisfies Record<string, Credentials>;

/**
 * A small believable pair of databases, written by plain SQL. What belongs to anna has an `anna` in its id, and so on;
 * `unowned` belongs to nobody.
 */
export async function fillWorld(test: TestDatabases): Promise<void> {
  await fillAuth(test.service.auth);
  await fillAgentRuntime(test.service.agentRuntime);
}

async function fillAuth(auth: pg.Pool): Promise<void> {
  await auth.query(`
    INSERT INTO users (id, username, email, password_hash, tenant_id, display_name, groups, is_admin, is_verified) VALUES
      ('anna', 'anna', 'anna@example.org', '$2b$secret-of-anna', 'default', 'Anna A.', '{writers,pilots}', false, true),
      ('boris', 'boris', 'boris@example.org', '!', 'default', NULL, '{}', false, true),
      ('carla', 'carla', 'carla@acme.example', '!', 'acme', NULL, '{}', false, true),
      ('tess', 'tess', 'tess@example.org', '!', 'default', NULL, '{}', false, true),
      ('adam', 'adam', 'adam@example.org', '!', 'default', NULL, '{}', true, true),
      ('audrey', 'audrey', 'audrey@example.org', '!', 'default', NULL, '{}', false, true);
    INSERT INTO oauth_clients (id, client_id, client_secret_hash, name, is_confidential, allowed_scopes, allowed_grant_types) VALUES
      ('client-app', 'codelab-flutter-app', NULL, 'App', false, 'api:read api:write', '["password","refresh_token"]'),
      ('client-internal', 'codelab-internal', 'secret-hash-of-client', 'Internal', true, 'api:admin api:read api:write', 'not json');
    INSERT INTO refresh_tokens (id, jti_hash, user_id, client_id, scope, expires_at, revoked, revoked_at, created_at) VALUES
      ('token-anna-1', 'hash-of-token-1', 'anna', 'codelab-flutter-app', 'api:read api:write', now() + interval '30 days', false, NULL, now()),
      ('token-anna-2', 'hash-of-token-2', 'anna', 'codelab-flutter-app', 'api:read', now() + interval '30 days', true, now(), now() - interval '1 day'),
      ('token-anna-3', 'hash-of-token-3', 'anna', 'codelab-internal', 'api:read', now() - interval '1 hour', false, NULL, now() - interval '2 days'),
      ('token-boris', 'hash-of-token-4', 'boris', 'codelab-flutter-app', 'api:read', now() + interval '30 days', false, NULL, now()),
      ('token-carla', 'hash-of-token-5', 'carla', 'codelab-flutter-app', 'api:read', now() + interval '30 days', false, NULL, now());
  `);
  await auth.query(`
    INSERT INTO audit_logs (id, user_id, client_id, event_type, event_data, ip_address, user_agent, success, error_message, created_at) VALUES
      ('audit-anna-1', 'anna', 'codelab-flutter-app', 'login_success', '{"method":"password"}', '192.0.2.1', 'curl/8', true, NULL, now() - interval '2 hours'),
      ('audit-anna-2', 'anna', NULL, 'token_refresh', NULL, NULL, NULL, true, NULL, now() - interval '1 hour'),
      ('audit-boris', 'boris', NULL, 'login_failed', NULL, NULL, NULL, false, 'wrong password', now() - interval '1 hour'),
      ('audit-carla', 'carla', NULL, 'login_success', NULL, NULL, NULL, true, NULL, now()),
      ('audit-nobody', NULL, NULL, 'login_failed', '{"username":"mallory"}', NULL, NULL, false, 'no such user', now());
  `);
}

async function fillAgentRuntime(agentRuntime: pg.Pool): Promise<void> {
  await agentRuntime.query(`
    INSERT INTO sessions (id, title, user_id, tenant_id, created_at, last_activity, metadata) VALUES
      ('trip-anna', 'A trip to Kazan', 'anna', 'default', '2026-01-01T10:00:00Z', '2026-01-01T10:05:00Z', '{"channel":"web"}'),
      ('notes-anna', 'Notes', 'anna', 'default', '2026-01-02T10:00:00Z', '2026-01-02T10:00:00Z', '{}'),
      ('work-boris', 'Work', 'boris', 'default', '2026-01-03T10:00:00Z', '2026-01-03T10:00:00Z', '{}'),
      ('plan-carla', 'A plan', 'carla', 'acme', '2026-01-04T10:00:00Z', '2026-01-04T10:00:00Z', '{}'),
      ('unowned', 'Left by an old service', NULL, NULL, '2026-01-05T10:00:00Z', '2026-01-05T10:00:00Z', '{}');
    INSERT INTO sessions (id, title, user_id, tenant_id, created_at, last_activity, is_active, closed_at, archived_at, deleted_at) VALUES
      ('closed-anna', 'Closed', 'anna', 'default', '2026-01-06T10:00:00Z', '2026-01-06T10:00:00Z', false, '2026-01-06T11:00:00Z', NULL, NULL),
      ('archived-anna', 'Archived', 'anna', 'default', '2026-01-07T10:00:00Z', '2026-01-07T10:00:00Z', false, '2026-01-07T11:00:00Z', '2026-01-07T12:00:00Z', NULL),
      ('deleted-anna', 'Deleted', 'anna', 'default', '2026-01-08T10:00:00Z', '2026-01-08T10:00:00Z', false, NULL, NULL, '2026-01-08T11:00:00Z');
  `);
  for (const message of messages) await agentRuntime.query(insertMessage, [...message]);
  await agentRuntime.query(`
    INSERT INTO scrollback.message_details (message_id, session_id, author_id, model, latency_ms) VALUES ('trip-anna-2', 'trip-anna', NULL, 'gpt-5', 840);
    INSERT INTO scrollback.tool_usage (id, session_id, message_id, call_id, tool_name, server_name, arguments, result, execution_time_ms, created_at) VALUES
      ('usage-anna', 'trip-anna', 'trip-anna-2', 'call-2', 'book_hotel', 'hotels', '{"city":"Kazan"}', '{"booked":true}', 120, '2026-01-01T10:01:30Z'),
      ('usage-carla', 'plan-carla', 'plan-carla-1', NULL, 'calendar', 'office', '{}', '[]', 5, '2026-01-04T10:00:01Z');
    INSERT INTO agent_contexts (id, session_db_id, current_agent, switch_count) VALUES ('context-anna', 'trip-anna', 'coder', 2), ('context-carla', 'plan-carla', 'ask', 1);
    INSERT INTO agent_switches (id, context_db_id, from_agent, to_agent, switched_at, reason) VALUES
      ('switch-anna-1', 'context-anna', NULL, 'orchestrator', '2026-01-01T10:00:00Z', NULL),
      ('switch-anna-2', 'context-anna', 'orchestrator', 'coder', '2026-01-01T10:02:00Z', 'needs code'),
      ('switch-carla', 'context-carla', NULL, 'ask', '2026-01-04T10:00:00Z', NULL);
    INSERT INTO pending_approvals (id, request_id, request_type, subject, details, call_id, session_id, tool_name, arguments, reason, created_at, status, decision_at, decision_reason, decided_by) VALUES
      ('approval-anna-1', 'request-1', 'tool', NULL, '{"price":100}', 'call-2', 'trip-anna', 'book_hotel', '{"city":"Kazan"}', 'costs money', '2026-01-01T10:01:10Z', 'pending', NULL, NULL, NULL),
      ('approval-anna-2', 'request-2', 'plan', 'The plan', NULL, NULL, 'trip-anna', NULL, NULL, NULL, '2026-01-01T10:00:30Z', 'approved', '2026-01-01T10:00:40Z', 'fine', 'anna'),
      ('approval-boris', 'request-3', 'tool', 'Delete files', NULL, NULL, 'work-boris', NULL, NULL, NULL, '2026-01-03T10:00:30Z', 'pending', NULL, NULL, NULL),
      ('approval-carla', 'request-4', 'tool', 'Send mail', NULL, NULL, 'plan-carla', NULL, NULL, NULL, '2026-01-04T10:00:30Z', 'rejected', '2026-01-04T10:00:40Z', 'no', 'carla');
    INSERT INTO scrollback.chat_events (id, session_id, user_id, tenant_id, event_type, event_data, created_at) VALUES
      ('event-anna-1', 'trip-anna', 'anna', 'default', 'chat_opened', '{"page":"/"}', '2026-01-01T10:00:00Z'),
      ('event-anna-2', NULL, 'anna', 'default', 'widget_clicked', '{}', '2026-01-01T10:00:10Z'),
      ('event-carla', 'plan-carla', 'carla', 'acme', 'chat_opened', '{}', '2026-01-04T10:00:00Z');
  `);
}

const insertMessage = `INSERT INTO messages (id, session_db_id, role, content, "timestamp", name, tool_call_id, tool_calls, token_count, metadata_json)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`;

const calls = JSON.stringify([
  { id: 'call-1', type: 'function', function: { name: 'find_flights', arguments: '{"to":"KZN"}' } },
  { id: 'call-2', type: 'function', function: { name: 'book_hotel', arguments: '{"city":"Kazan"}' } },
]);

type MessageRow = readonly [
  id: string,
  session: string,
  role: string,
  content: string | null,
  at: string,
  name: string | null,
  toolCallId: string | null,
  toolCalls: string | null,
  tokens: number | null,
  metadata: string | null,
];

/** Messages 1 and 2 of the trip have the same time, as a service that saves a whole turn at once gives them. */
const messages: readonly MessageRow[] = [
  [
    'trip-anna-1',
    'trip-anna',
    'user',
    'Find flights to Kazan, please',
    '2026-01-01T10:01:00Z',
    null,
    null,
    null,
    7,
    '{"lang":"en"}',
  ],
  ['trip-anna-2', 'trip-anna', 'assistant', null, '2026-01-01T10:01:00Z', null, null, calls, 30, null],
  [
    'trip-anna-3',
    'trip-anna',
    'tool',
    '{"flights":["SU1"]}',
    '2026-01-01T10:01:20Z',
    'find_flights',
    'call-1',
    null,
    null,
    null,
  ],
  [
    'trip-anna-4',
    'trip-anna',
    'assistant',
    'Рейсы в Казань найдены',
    '2026-01-01T10:02:00Z',
    null,
    null,
    'not json',
    9,
    'not json',
  ],
  ['work-boris-1', 'work-boris', 'user', 'Kazan office secrets', '2026-01-03T10:00:00Z', null, null, null, 4, null],
  ['plan-carla-1', 'plan-carla', 'user', 'Kazan for acme', '2026-01-04T10:00:00Z', null, null, null, 5, null],
  ['unowned-1', 'unowned', 'user', 'Kazan of nobody', '2026-01-05T10:00:00Z', null, null, null, 6, null],
  ['deleted-anna-1', 'deleted-anna', 'user', 'Kazan deleted', '2026-01-08T10:00:00Z', null, null, null, 1, null],
];
