import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from '../shared/sql.ts';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { writeCertificate } from '../../tests/support/certificate.ts';
import { testDatabases, type TestDatabases } from '../../tests/support/databases.ts';
import { openTlsDoor, type TlsDoor } from '../../tests/support/tls-door.ts';
import { Allowance } from '../shared/allowance.ts';
import { Leaving } from '../shared/leaving.ts';
import { silentLog } from '../shared/log.ts';
import { Database } from './database.ts';
import { agentRuntimeDefinition } from './definitions.ts';

let test: TestDatabases;
let folder: string;
let door: TlsDoor;
let database: Database;
beforeAll(async () => {
  test = await testDatabases();
  folder = await mkdtemp(join(tmpdir(), 'scrollback-cancel-'));
  const { gateway } = test.roads.agentRuntime;
  door = await openTlsDoor(gateway.port, writeCertificate(folder, 'database.example'));
  const secure = { ...gateway, port: door.port, ssl: { rejectUnauthorized: false } };
  database = Database.open(agentRuntimeDefinition, secure, silentLog());
});
afterAll(async () => {
  await database.close();
  await door.close();
  await test.close();
  await rm(folder, { recursive: true });
});

async function sleepers(): Promise<number> {
  const rows = await test.databases.agentRuntime.query<{ count: number }>(
    sql`SELECT count(*) AS count FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(601)%' AND pid <> pg_backend_pid()`,
  );
  return rows[0]?.count ?? 0;
}

it('stops a statement over TLS, where the connection has it', async () => {
  const leaving = new Leaving();
  const asker = { leaving, allowance: new Allowance() };
  const refused = database.query(sql`SELECT pg_sleep(601)`, { asker }).catch((error: unknown) => error);
  await vi.waitUntil(async () => (await sleepers()) === 1, { timeout: 20_000 });
  leaving.leave();
  expect(await refused).toMatchObject({ code: 'UNAVAILABLE' });
  await vi.waitUntil(async () => (await sleepers()) === 0, { timeout: 4000 });
  expect(door.led()).toBe(2);
});
