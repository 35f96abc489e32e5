import { once } from 'node:events';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { testDatabases, type TestDatabases } from '../../tests/support/databases.ts';
import { silentLog } from '../shared/log.ts';
import { sql } from '../shared/sql.ts';
import { Database } from './database.ts';
import { authDefinition } from './definitions.ts';

let test: TestDatabases;
let door: Server;
let database: Database;
const passing = new Set<Socket>();

/** A replica that can be cut off. */
beforeAll(async () => {
  test = await testDatabases();
  const { gateway } = test.roads.auth;
  door = createServer((client) => {
    const server = connect({ host: gateway.host, port: gateway.port });
    for (const socket of [client, server]) socket.on('error', () => undefined);
    passing.add(client).add(server);
    client.pipe(server).pipe(client);
  }).listen(0, '127.0.0.1');
  await once(door, 'listening');
  const replica = { ...gateway, host: '127.0.0.1', port: (door.address() as AddressInfo).port };
  database = Database.open(authDefinition, gateway, silentLog(), { replica });
});
afterAll(async () => {
  await database.close();
  for (const socket of passing) socket.destroy();
  door.close();
  await test.close();
});

it('a replica that is cut off in the middle of a read ends the read and nothing else', async () => {
  const reading = database.readRows(sql`SELECT 1 FROM pg_sleep(2)`);
  await vi.waitUntil(() => passing.size > 0);
  await new Promise((resolve) => setTimeout(resolve, 300));
  for (const socket of passing) socket.resetAndDestroy();
  // It is read where it can be, without its caller noticing.
  expect(await reading).toEqual([['1']]);
  expect(await database.readRows(sql`SELECT 2`)).toEqual([['2']]);
});

it('statements that are the first ones together open one pool', async () => {
  const fresh = Database.open(authDefinition, test.roads.auth.gateway, silentLog());
  await Promise.all(Array.from({ length: 12 }, () => fresh.queryRows(sql`SELECT 1`)));
  const pool = await fresh.orm.em.getConnection().getNativeClient();
  expect(pool.listenerCount('acquire')).toBe(1);
  await fresh.close();
});
