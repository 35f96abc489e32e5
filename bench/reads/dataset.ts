import { filledCluster, type Cluster } from '../support/cluster.ts';

export interface Size {
  readonly users: number;
  readonly sessionsPerUser: number;
  /** Every fifth asks for a tool call. */
  readonly messagesPerSession: number;
  readonly auditLogsPerUser: number;
}

export const sizes: Readonly<Record<string, Size>> = {
  full: { users: 500, sessionsPerUser: 40, messagesPerSession: 50, auditLogsPerUser: 200 },
  small: { users: 12, sessionsPerUser: 22, messagesPerSession: 50, auditLogsPerUser: 60 },
};

/** Ids are UUID text that anybody can compute from a row's number: the load names random rows without asking. */
const version = 'reads 1';

const idOf = (kind: string, number: string): string => `md5('${kind} ' || ${number})::uuid::text`;

export const openReads = (name: string, size: Size, options: { durable: boolean }): Promise<Cluster> =>
  filledCluster(name, versionOf(size), options, (cluster) => fillReads(cluster, size));

export const versionOf = (size: Size): string => `${version} ${JSON.stringify(size)}`;

/** Loads the tables past the triggers, then numbers what is there the way an adopted database is. */
export async function fillReads(cluster: Cluster, size: Size): Promise<void> {
  await cluster.run('auth_db', users(size));
  await cluster.run('auth_db', auditLogs(size));
  await cluster.run('agent_runtime', conversations(size));
  await cluster.run('agent_runtime', adoption);
  for (const database of ['agent_runtime', 'auth_db'] as const) await cluster.run(database, 'VACUUM ANALYZE');
  await cluster.run('postgres', 'CHECKPOINT', 'superuser');
}

const start = `timestamptz '2026-01-01T00:00:00Z'`;

const users = (size: Size): string => /* sql */ `
INSERT INTO users (id, username, email, password_hash, is_verified, created_at)
SELECT ${idOf('user', 'u')}, 'user-' || u, 'user-' || u || '@example.org', '!', true, ${start} + u * interval '1 minute'
FROM generate_series(1, ${size.users}) AS u;
`;

/** Users take turns, so that one user's entries are spread over the whole trail. */
const auditLogs = (size: Size): string => /* sql */ `
ALTER TABLE audit_logs DISABLE TRIGGER USER;
INSERT INTO audit_logs (id, user_id, client_id, event_type, event_data, ip_address, user_agent, success, created_at)
SELECT ${idOf('audit', `u || ' ' || n`)}, ${idOf('user', 'u')}, 'codelab-flutter-app',
  (ARRAY['login_success', 'token_refresh', 'login_failed', 'token_revoke'])[1 + (u + n) % 4],
  json_build_object('attempt', n % 3 + 1, 'method', 'password'), '10.0.' || u % 250 || '.' || n % 250,
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36', (u + n) % 4 <> 2,
  ${start} + (n * ${size.users} + u) * interval '1 second'
FROM generate_series(1, ${size.auditLogsPerUser}) AS n, generate_series(1, ${size.users}) AS u ORDER BY n, u;
ALTER TABLE audit_logs ENABLE TRIGGER USER;
INSERT INTO scrollback.audit_entries (number, audit_log_id, user_id, tenant_id, content_hash, chain, created_at)
SELECT number, id, user_id, 'default', hash,
  scrollback.chain(scrollback.audit_entry_bytes(number, user_id, hash)) OVER (ORDER BY number), created_at
FROM (SELECT id, user_id, created_at, scrollback.audit_hash(a) AS hash, row_number() OVER (ORDER BY created_at, id) AS number
      FROM audit_logs AS a) AS entry
ORDER BY number;
`;

/**
 * In turns of five: a question, an answer that asks for a tool call, the tool's answer, two more of text. Rows are
 * inserted in the order of their time, so that one session's messages are as scattered as in a table that grew.
 */
const conversations = (size: Size): string => /* sql */ `
ALTER TABLE sessions DISABLE TRIGGER USER;
ALTER TABLE messages DISABLE TRIGGER USER;
CREATE TEMP TABLE numbered AS
SELECT s, u, ${idOf('session', 's')} AS id, ${start} + (s * 7919 % 100000) * interval '2 minutes' AS started
FROM (SELECT s, 1 + s % ${size.users} AS u FROM generate_series(1, ${size.users * size.sessionsPerUser}) AS s) AS counted;
INSERT INTO sessions (id, title, user_id, tenant_id, created_at, last_activity)
SELECT id, 'Conversation ' || s || ' about indexes', ${idOf('user', 'u')}, 'default', started,
  started + ${size.messagesPerSession} * interval '40 minutes'
FROM numbered;
INSERT INTO messages (id, session_db_id, role, content, "timestamp", name, tool_call_id, tool_calls, token_count)
SELECT ${idOf('message', `s || ' ' || n`)}, id,
  (ARRAY['assistant', 'user', 'assistant', 'tool', 'assistant'])[1 + n % 5],
  repeat('Message ' || n || ' of "conversation" ' || s || E'.\\n', 3 + (s + n * 7) % 12),
  started + n * interval '40 minutes',
  CASE n % 5 WHEN 3 THEN 'read_file' END, CASE n % 5 WHEN 3 THEN 'call_' || n - 1 END,
  CASE n % 5 WHEN 2 THEN json_build_array(json_build_object('id', 'call_' || n, 'type', 'function', 'function',
    json_build_object('name', 'read_file', 'arguments', json_build_object('path', 'src/part-' || s || '.ts', 'line', n)::text)))::text END,
  20 + n
FROM numbered, generate_series(1, ${size.messagesPerSession}) AS n ORDER BY 5;
INSERT INTO scrollback.tool_usage
  (id, session_id, message_id, call_id, tool_name, server_name, arguments, result, execution_time_ms, created_at, asked)
SELECT ${idOf('usage', `s || ' ' || n`)}, id, ${idOf('message', `s || ' ' || n`)}, 'call_' || n, 'read_file', 'files',
  jsonb_build_object('path', 'src/part-' || s || '.ts', 'line', n), jsonb_build_object('lines', 10 + n, 'ok', true), 3 + (s + n) % 200,
  started + n * interval '40 minutes', TRUE
FROM numbered, generate_series(2, ${size.messagesPerSession}, 5) AS n ORDER BY 10;
INSERT INTO scrollback.waiting_sessions SELECT id FROM sessions;
ALTER TABLE sessions ENABLE TRIGGER USER;
ALTER TABLE messages ENABLE TRIGGER USER;
ANALYZE messages;
`;

/** Search documents would take minutes and no workload reads them: the mark says that they are there. */
const adoption = /* sql */ `
DO $$ BEGIN
  WHILE scrollback.adopt_sessions(200) > 0 LOOP NULL; END LOOP;
END $$;
UPDATE scrollback.document_progress SET position = (SELECT max(position) FROM scrollback.session_log);
`;
