import { afterEach, expect, test } from 'vitest';
import { testDatabases, type TestDatabases } from '../../../tests/support/databases.ts';
import { agentRuntimeDefinition, authDefinition } from '../../databases/definitions.ts';
import { Database } from '../../databases/database.ts';
import { enableRowSecurity } from '../../databases/row-security/switch.ts';
import { silentLog } from '../../shared/log.ts';
import type { Roads } from '../runtime.ts';
import { checkDatabase, type DatabaseChecks } from './check-database.ts';

let pair: TestDatabases;
afterEach(() => pair.close());

function roadTo(name: 'agentRuntime' | 'auth'): Roads {
  const { gateway, owner } = pair.roads[name];
  const definition = name === 'auth' ? authDefinition : agentRuntimeDefinition;
  return { definition, main: gateway, owner, direct: gateway, replica: null, embedded: false };
}

async function examine(road: Roads, more: Partial<DatabaseChecks> = {}): Promise<string[]> {
  const checks = {
    road,
    migratesOnStart: false,
    rowSecurity: false,
    live: { wakeUps: ['notify'], bus: null },
  } as const;
  const findings = await checkDatabase({ ...checks, ...more });
  return findings.filter(({ level }) => level !== 'ok').map(({ level, text }) => `${level}: ${text}`);
}

test('with migrated databases and the usual roles all is well', async () => {
  pair = await testDatabases();
  expect(await examine(roadTo('agentRuntime'))).toEqual([]);
  expect(await examine(roadTo('auth'))).toEqual([]);
});

test('a missing right is named', async () => {
  pair = await testDatabases();
  await pair.service.agentRuntime.query(
    'REVOKE UPDATE ON messages FROM scrollback_gateway; REVOKE DELETE ON scrollback.outbox FROM scrollback_gateway',
  );
  expect(await examine(roadTo('agentRuntime'))).toEqual([
    expect.stringMatching(
      /^problem: .*scrollback_gateway lacks UPDATE on public.messages, DELETE on scrollback.outbox/,
    ),
  ]);
});

test('pending migrations are named, and nothing is created by looking', async () => {
  pair = await testDatabases({ migrated: false });
  expect(await examine(roadTo('auth'))).toEqual([
    expect.stringMatching(
      /^problem: the database is empty: \d migrations are pending \(01-shared-tables, .*scrollback migrate/,
    ),
  ]);
  const { rows } = await pair.service.auth.query(`SELECT to_regnamespace('scrollback') AS schema`);
  expect(rows).toEqual([{ schema: null }]);
});

test('tables of somebody else are not called empty', async () => {
  pair = await testDatabases({ migrated: false });
  await pair.service.auth.query('CREATE TABLE users (id varchar(36) PRIMARY KEY)');
  expect(await examine(roadTo('auth'))).toContainEqual(expect.stringMatching(/^problem: \d migrations are pending/));
});

test('URLs that were mixed up are the one thing that is told', async () => {
  pair = await testDatabases();
  const { definition } = roadTo('auth');
  expect(await examine({ ...roadTo('agentRuntime'), definition })).toEqual([
    expect.stringMatching(/^problem: AUTH_SERVICE__DB_URL leads to .* it is the other one of the two databases/),
  ]);
  expect(await examine({ ...roadTo('auth'), definition: roadTo('agentRuntime').definition })).toEqual([
    expect.stringMatching(/^problem: AGENT_RUNTIME__DB_URL leads to /),
  ]);
});

test('ways to be woken that do not work are not waited for', async () => {
  pair = await testDatabases();
  const began = performance.now();
  const live = { wakeUps: ['slot', 'notify'], bus: null } as const;
  const findings = await checkDatabase({ road: roadTo('auth'), migratesOnStart: false, rowSecurity: false, live });
  expect(findings.map(({ text }) => text).join('\n')).toMatch(/changes are noticed by notify; slot: /);
  expect(performance.now() - began).toBeLessThan(4000);
});

test('row-security that the gateway is to read behind has to be there', async () => {
  pair = await testDatabases();
  expect(await examine(roadTo('auth'), { rowSecurity: true })).toEqual([
    expect.stringMatching(/^problem: .* has no row-level security on .*: run `scrollback row-security on`/),
  ]);
  const { definition, owner } = roadTo('auth');
  const database = Database.open(definition, owner, silentLog());
  await enableRowSecurity(database);
  await database.close();
  expect(await examine(roadTo('auth'), { rowSecurity: true })).toEqual([]);
});

test('a way to be woken that does not work is told with what lets it work', async () => {
  pair = await testDatabases();
  const live = { wakeUps: ['slot'], bus: null } as const;
  expect(await examine(roadTo('auth'), { live })).toEqual([
    expect.stringMatching(/^warning: .*slot: .*: give the role of the direct URL REPLICATION.*LIVE_WAKEUPS=poll/),
  ]);
});

test('an owner who may create nothing is told before it fails', async () => {
  pair = await testDatabases({ migrated: false });
  const { main, ...road } = roadTo('auth');
  expect(await examine({ ...road, main, owner: main })).toEqual([expect.stringContaining('may not create anything')]);
});

test('a server that does not answer is one problem, without the password', async () => {
  pair = await testDatabases();
  const road = roadTo('auth');
  const [finding, ...others] = await examine({ ...road, main: { ...road.main, port: 1 } });
  expect(others).toEqual([]);
  expect(finding).toContain('cannot be reached');
  expect(finding).not.toContain(road.main.password);
});

test('what a pooler may bring back, and what nobody ends, is told', async () => {
  pair = await testDatabases();
  const { main } = roadTo('auth');
  await pair.service.auth.query(`ALTER DATABASE ${main.database} SET datestyle = 'SQL, DMY'`);
  expect(await examine(roadTo('auth'))).toEqual([
    expect.stringMatching(/^warning: datestyle is 'SQL, DMY' by default\..* SET datestyle = 'ISO, MDY';$/),
  ]);
});
