import { afterEach, beforeEach, expect, test } from 'vitest';
import { testDatabases, type TestDatabases } from '../../tests/support/databases.ts';
import type { DatabaseConfig } from '../config/database-config.ts';
import { agentRuntimeDefinition, authDefinition } from '../databases/definitions.ts';
import { StartupError } from '../shared/errors.ts';
import { silentLog } from '../shared/log.ts';
import { connected } from './connected.ts';
import { connectionAdvice, isRefused } from './connection-advice.ts';
import { migrateOne } from './migrate-databases.ts';
import { pendingMigrations } from './pending-migrations.ts';

let pair: TestDatabases;
beforeEach(async () => {
  pair = await testDatabases();
});
afterEach(() => pair.close());

const roadOf = (name: 'agentRuntime' | 'auth', definition = agentRuntimeDefinition) => {
  const { gateway, owner } = pair.roads[name];
  return { definition, main: gateway, owner, direct: gateway, replica: null, embedded: false };
};

test('databases that were mixed up are told apart before anything is changed', async () => {
  await expect(migrateOne(roadOf('auth'), silentLog())).rejects.toThrow(
    /^AGENT_RUNTIME__DB_URL leads to .* it is the other one of the two databases/,
  );
  await expect(migrateOne(roadOf('agentRuntime', authDefinition), silentLog())).rejects.toThrow(
    /^AUTH_SERVICE__DB_URL leads to /,
  );
  expect(await migrateOne(roadOf('agentRuntime'), silentLog())).toEqual([]);
});

test('the gateway itself can tell which migrations are pending', async () => {
  const { main, definition } = roadOf('agentRuntime');
  expect((await pendingMigrations(definition, main)).pending).toEqual([]);
  await pair.service.agentRuntime.query(`DELETE FROM scrollback.migrations WHERE name = '07-read-indexes'`);
  expect((await pendingMigrations(definition, main)).pending).toEqual(['07-read-indexes']);
});

test.each([
  ['agentRuntime', agentRuntimeDefinition, 'AGENT_RUNTIME__MIGRATION_DB_URL'],
  ['auth', authDefinition, 'AUTH_SERVICE__MIGRATION_DB_URL'],
] as const)('a role that may not migrate %s is told whose business that is', async (name, definition, setting) => {
  const road = { ...roadOf(name, definition), owner: pair.roads[name].gateway };
  expect(await migrateOne(road, silentLog())).toEqual([]);
  // As after an update that brings a migration, which gateways with the role that serves meet first.
  await pair.service[name].query(`DELETE FROM scrollback.migrations WHERE name = '01-shared-tables'`);
  const error = await migrateOne(road, silentLog()).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(StartupError);
  expect(error).toMatchObject({
    message: expect.stringMatching(
      `^postgresql://.* may not migrate: the role scrollback_gateway does not own the tables. Set ${setting} .*MIGRATE_ON_START=false`,
    ) as string,
  });
  expect((error as Error).message).not.toContain(road.owner.password);
});

test('the same before there are any tables', async () => {
  const empty = await testDatabases({ migrated: false });
  const { gateway } = empty.roads.auth;
  const road = { ...roadOf('auth', authDefinition), main: gateway, owner: gateway };
  await expect(migrateOne(road, silentLog())).rejects.toThrow(/may not migrate: the role scrollback_gateway/);
  await empty.close();
});

test.each([
  ['a wrong password', { password: 'wrong' }, true, 'Put the password of '],
  ['a database that is not there', { database: 'nowhere' }, true, 'Create the database nowhere'],
  ['a server that is not there', { port: 1 }, false, 'Check that it runs'],
])('%s is told with what to do', async (_, change, refused, advice) => {
  const config: DatabaseConfig = { ...pair.roads.auth.gateway, ...change };
  const error = await connected(config, async () => null).catch((cause: unknown) => cause);
  expect(isRefused(error)).toBe(refused);
  expect(connectionAdvice(config, error)).toContain(advice);
  expect(connectionAdvice(config, error)).not.toContain(pair.roads.auth.gateway.password);
});
