import { sql } from '../shared/sql.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openRoad, type Road } from '../../tests/chaos/road.ts';
import { testDatabases, type TestDatabases } from '../../tests/support/databases.ts';
import { silentLog } from '../shared/log.ts';
import { Database } from './database.ts';
import { agentRuntimeDefinition } from './definitions.ts';

let test: TestDatabases;
let road: Road;
let database: Database;
beforeAll(async () => {
  test = await testDatabases();
  road = await openRoad();
  const config = test.roads.agentRuntime.gateway;
  road.lead(config.port);
  database = Database.open(agentRuntimeDefinition, { ...config, port: road.port }, silentLog());
});
afterAll(async () => {
  await road.close();
  await database.close();
  await test.close();
});

const ask = (): Promise<object[]> => database.query(sql`SELECT 1 AS one`, { withinMs: 300 });

it('gives up connections that have died without a word, all of them at the first one', async () => {
  await Promise.all(Array.from({ length: 5 }, ask));
  road.silence();
  const began = performance.now();
  await expect(ask()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await expect(ask()).resolves.toEqual([{ one: 1 }]);
  expect(performance.now() - began).toBeLessThan(1000);
});
