import type { TestDatabases } from './databases.ts';

/** A user of auth_db by plain SQL, as the auth-service writes them. */
export async function addUser(test: TestDatabases, id: string, tenantId = 'default'): Promise<void> {
  await test.service.auth.query(
    `INSERT INTO users (id, username, email, password_hash, tenant_id) VALUES ($1::text, $1::text, $1::text || '@example.org', '!', $2)`,
    [id, tenantId],
  );
}

/** A session with so many messages by plain SQL: `<id>-1`, `<id>-2` … */
export async function addSession(
  test: TestDatabases,
  id: string,
  owner: { userId: string; tenantId?: string } | null,
  messages = 0,
): Promise<void> {
  const { agentRuntime } = test.service;
  await agentRuntime.query(`INSERT INTO sessions (id, title, user_id, tenant_id) VALUES ($1::text, $1::text, $2, $3)`, [
    id,
    owner?.userId ?? null,
    owner === null ? null : (owner.tenantId ?? 'default'),
  ]);
  if (messages > 0) await addMessages(test, id, 1, messages);
}

export async function addMessages(test: TestDatabases, sessionId: string, from: number, to: number): Promise<void> {
  await test.service.agentRuntime.query(
    `INSERT INTO messages (id, session_db_id, role, content, "timestamp")
     SELECT $1::text || '-' || n, $1::text, CASE WHEN n % 2 = 1 THEN 'user' ELSE 'assistant' END, 'message ' || n, now() + n * interval '1 ms'
     FROM generate_series($2::int, $3::int) AS n`,
    [sessionId, from, to],
  );
}
