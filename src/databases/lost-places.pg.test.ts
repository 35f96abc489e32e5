import { sql } from '../shared/sql.ts';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import pg from 'pg';
import { testDatabases, type TestDatabases } from '../../tests/support/databases.ts';

let test: TestDatabases;
beforeAll(async () => {
  test = await testDatabases();
});
afterAll(() => test.close());

const server = async (statement: string): Promise<void> => {
  const client = new pg.Client(inject('testServer').superuser.replace('%s', 'postgres'));
  await client.connect();
  await client.query(statement);
  await client.end();
};

/** All that are connected to the database, at whatever point of a transaction they are. */
const terminate = (): Promise<void> =>
  server(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${test.roads.agentRuntime.gateway.database}'`,
  );

it('transactions that lose their connections give their places back', async () => {
  const { agentRuntime } = test.databases;
  const write = (): Promise<unknown> =>
    agentRuntime.transaction((em) => em.execute('SELECT pg_sleep(0.05)')).catch((error: unknown) => error);
  await agentRuntime.query(sql`SELECT 1`);
  for (let round = 0; round < 4; round += 1) {
    const writing = Promise.all(Array.from({ length: 40 }, write));
    await new Promise((resolve) => setTimeout(resolve, 70));
    await terminate();
    await writing;
  }
  await expect.poll(() => agentRuntime.connections(), { timeout: 10_000 }).toMatchObject({ waiting: 0 });
  const rows = Array.from({ length: 30 }, () => agentRuntime.query(sql`SELECT 1 AS one`));
  for (const row of await Promise.all(rows)) expect(row).toEqual([{ one: 1 }]);
  await expect
    .poll(() => {
      const { open = 0, idle = -1 } = agentRuntime.connections() ?? {};
      return open - idle;
    })
    .toBe(0);
}, 60_000);
