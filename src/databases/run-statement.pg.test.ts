import { raw, sql } from '../shared/sql.ts';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { testDatabases, type TestDatabases } from '../../tests/support/databases.ts';
import { Allowance, maxAnswerLength } from '../shared/allowance.ts';
import { Leaving } from '../shared/leaving.ts';

let test: TestDatabases;
beforeAll(async () => {
  test = await testDatabases();
});
afterAll(() => test.close());

const ask = (leaving: Leaving | null = null) => ({ asker: { leaving, allowance: new Allowance() } });

/** As the gateway's own role, to which PostgreSQL shows the statements of its sessions. */
async function sleepers(): Promise<number> {
  const rows = await test.databases.agentRuntime.query<{ count: number }>(
    sql`SELECT count(*) AS count FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()`,
  );
  return rows[0]?.count ?? 0;
}

it('stops in the database what nobody waits for any more, and nothing else', async () => {
  const { agentRuntime } = test.databases;
  const leaving = new Leaving();
  const asked = agentRuntime.query(sql`SELECT pg_sleep(600)`, ask(leaving));
  const refused = asked.catch((error: unknown) => error);
  await vi.waitUntil(async () => (await sleepers()) === 1, { timeout: 20_000 });
  leaving.leave();
  expect(await refused).toMatchObject({ code: 'UNAVAILABLE' });
  await vi.waitUntil(async () => (await sleepers()) === 0, { timeout: 20_000 });
  const others = Array.from({ length: 30 }, () => agentRuntime.query(sql`SELECT pg_sleep(0.01), 1 AS one`, ask()));
  for (const rows of await Promise.all(others)) expect(rows).toMatchObject([{ one: 1 }]);
});

it('does not start what nobody waits for', async () => {
  const text = sql`SELECT 1 / 0`;
  const leaving = new Leaving();
  leaving.leave();
  await expect(test.databases.auth.query(text, ask(leaving))).rejects.toMatchObject({
    code: 'UNAVAILABLE',
  });
});

it.each(['query', 'queryRows'] as const)('%s takes no more of an answer than an answer may have', async (read) => {
  const options = ask();
  const chunk = maxAnswerLength / 4;
  const wide = sql`SELECT repeat('x', ${chunk}) AS text FROM generate_series(1, 3)`;
  expect(await test.databases.agentRuntime[read](wide, options)).toHaveLength(3);
  await expect(test.databases.agentRuntime[read](wide, options)).rejects.toMatchObject({
    code: 'QUERY_TOO_COMPLEX',
    details: { reason: 'ANSWER_TOO_LARGE', maximum: maxAnswerLength },
  });
});

it('keeps a bounded number of prepared statements on a connection', { timeout: 60_000 }, async () => {
  const prepared = sql`SELECT count(*) AS count FROM pg_prepared_statements`;
  let most = 0;
  for (let n = 0; n < 700; n += 1) {
    await test.databases.auth.query(sql`SELECT ${raw(String(n))} AS n`);
    if (n % 50 === 0)
      most = Math.max(most, (await test.databases.auth.query<{ count: number }>(prepared))[0]?.count ?? 0);
  }
  expect(most).toBeGreaterThan(100);
  expect(most).toBeLessThanOrEqual(300);
});
