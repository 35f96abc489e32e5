import { fillReads, sizes, versionOf, type Size } from '../reads/dataset.ts';
import { idOf } from '../reads/rows.ts';
import { filledCluster, type Cluster } from '../support/cluster.ts';

/** The same kind of rows, more and more of them. */
export const sizeOf = (messages: number): Size => ({
  users: messages / 1000,
  sessionsPerUser: 20,
  messagesPerSession: 50,
  auditLogsPerUser: 100,
});

export const longSession = { id: 'long-session', userId: idOf('user', 1) };

/** One session with very many messages, and one user with a very long trail among others. */
export function openLongLists(messages: number, auditLogs: number): Promise<Cluster> {
  const size = sizes['small'] as Size;
  const version = `${versionOf(size)} ${messages} ${auditLogs}`;
  return filledCluster('growth-long', version, { durable: false }, async (cluster) => {
    await fillReads(cluster, size);
    await cluster.run('auth_db', longTrail(auditLogs));
    await cluster.run('agent_runtime', longConversation(messages));
    for (const database of ['agent_runtime', 'auth_db'] as const) await cluster.run(database, 'VACUUM ANALYZE');
  });
}

const start = `timestamptz '2026-02-01T00:00:00Z'`;

/** Half of the entries are the user's, every other one. */
const longTrail = (entries: number): string => /* sql */ `
BEGIN;
ALTER TABLE audit_logs DISABLE TRIGGER USER;
INSERT INTO audit_logs (id, user_id, client_id, event_type, event_data, success, created_at)
SELECT md5('long audit ' || n)::uuid::text, CASE n % 2 WHEN 0 THEN '${longSession.userId}' ELSE '${idOf('user', 2)}' END,
  'codelab-flutter-app', 'token_refresh', '{"attempt":1}', true, ${start} + n * interval '1 second'
FROM generate_series(1, ${entries}) AS n;
ALTER TABLE audit_logs ENABLE TRIGGER USER;
INSERT INTO scrollback.audit_entries (number, audit_log_id, user_id, tenant_id, content_hash, chain, created_at)
SELECT number, id, user_id, 'default', hash, sha256(hash), created_at
FROM (SELECT id, user_id, created_at, scrollback.audit_hash(a) AS hash,
        (SELECT max(number) FROM scrollback.audit_entries) + row_number() OVER (ORDER BY created_at, id) AS number
      FROM audit_logs AS a WHERE created_at > ${start}) AS entry
ORDER BY number;
COMMIT;
`;

const longConversation = (messages: number): string => /* sql */ `
BEGIN;
ALTER TABLE sessions DISABLE TRIGGER USER;
ALTER TABLE messages DISABLE TRIGGER USER;
INSERT INTO sessions (id, title, user_id, tenant_id, created_at, last_activity)
VALUES ('${longSession.id}', 'A very long session', '${longSession.userId}', 'default', ${start}, ${start} + interval '300 days');
INSERT INTO messages (id, session_db_id, role, content, "timestamp")
SELECT md5('long message ' || n)::uuid::text, '${longSession.id}', CASE n % 2 WHEN 0 THEN 'assistant' ELSE 'user' END,
  repeat('Message ' || n || '. ', 10), ${start} + n * interval '1 second'
FROM generate_series(1, ${messages}) AS n;
INSERT INTO scrollback.waiting_sessions VALUES ('${longSession.id}');
ALTER TABLE sessions ENABLE TRIGGER USER;
ALTER TABLE messages ENABLE TRIGGER USER;
SELECT scrollback.adopt_sessions(1);
UPDATE scrollback.document_progress SET position = (SELECT max(position) FROM scrollback.session_log);
COMMIT;
`;
