import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Client, type QueryResultRow } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { silentLog } from '../../shared/log.ts';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres.ts';
import { isServed, readPostmasterFile } from './postmaster.ts';
import { isRoot } from './system-user.ts';

const folders: string[] = [];

/** mkdtemp makes folders of mode 0700, which nobody but root and the user enters. */
function privateFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'embedded-'));
  folders.push(folder);
  return folder;
}

function whereClusterIs(dataFolder: string): string {
  const noted = isRoot() ? readFileSync(join(dataFolder, 'postgres-location.txt'), 'utf8').trim() : dataFolder;
  return join(noted, 'postgres');
}

function removeAll(): void {
  for (const folder of folders) {
    if (isRoot()) rmSync(dirname(whereClusterIs(folder)), { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
  }
}

async function query(url: string, sql: string): Promise<QueryResultRow[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<QueryResultRow>(sql)).rows;
  } finally {
    await client.end();
  }
}

const start = (dataFolder: string): Promise<EmbeddedPostgres> =>
  startEmbeddedPostgres({ dataFolder, log: silentLog(), durable: false });

/** A gateway in a process of its own, which can be killed. */
function spawnGateway(dataFolder: string): ChildProcess {
  const source = `
    const { startEmbeddedPostgres } = await import('${pathToFileURL(join(import.meta.dirname, 'embedded-postgres.ts')).href}');
    const { silentLog } = await import('${pathToFileURL(join(import.meta.dirname, '../../shared/log.ts')).href}');
    await startEmbeddedPostgres({ dataFolder: process.argv[1], log: silentLog(), durable: false });`;
  return spawn(process.execPath, ['--input-type=module', '--eval', source, dataFolder], { stdio: 'inherit' });
}

async function kill(gateway: ChildProcess): Promise<void> {
  gateway.kill('SIGKILL');
  await once(gateway, 'exit');
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(50);
}

afterAll(removeAll);

describe('a running server', () => {
  let server: EmbeddedPostgres;
  beforeAll(async () => {
    server = await start(privateFolder());
  });
  afterAll(() => server.stop());

  test('knows Russian letters, and quotes are none', async () => {
    const url = server.url('agent_runtime', 'gateway');
    const [row] = await query(url, `SELECT lower('ПРИВЕТ'), to_tsvector('russian', '«Приветы»')::text AS words`);
    expect(row).toEqual({ lower: 'привет', words: `'привет':1` });
  });

  test.each(['agent_runtime', 'auth_db'])(
    'the gateway gets no right by itself on what the owner creates in %s, and creates nothing',
    async (database) => {
      const owner = server.url(database, 'owner');
      const gateway = server.url(database, 'gateway');
      await query(owner, 'CREATE TABLE note (words text); GRANT USAGE ON SCHEMA public TO scrollback_gateway');
      await expect(query(gateway, 'SELECT words FROM note')).rejects.toThrow('permission denied for table note');
      await query(owner, 'GRANT SELECT ON note TO scrollback_gateway');
      expect(await query(gateway, 'SELECT words FROM note')).toEqual([]);
      await expect(query(gateway, 'CREATE TABLE mine ()')).rejects.toThrow('permission denied for schema public');
      await expect(query(gateway, 'DROP TABLE note')).rejects.toThrow('must be owner');
    },
  );

  test('a role enters only the databases it has business in', async () => {
    const sql = `SELECT rolname, has_database_privilege(rolname, 'agent_runtime', 'CONNECT') AS runtime,
      has_database_privilege(rolname, 'auth_db', 'CONNECT') AS auth
      FROM pg_roles WHERE rolname ~ '^scrollback_(an|au)' ORDER BY rolname`;
    expect(await query(server.url('postgres', 'superuser'), sql)).toEqual([
      { rolname: 'scrollback_analytics', runtime: true, auth: false },
      { rolname: 'scrollback_auditor', runtime: false, auth: true },
    ]);
  });

  test('a wrong password is refused', async () => {
    const url = server.url('auth_db', 'gateway').replace(/:[^:@]+@/, ':wrong@');
    await expect(query(url, 'SELECT 1')).rejects.toThrow('password authentication failed');
  });

  test('is ready for the change feed and counts statements', async () => {
    const url = server.url('agent_runtime', 'superuser');
    expect(await query(url, 'SHOW wal_level')).toEqual([{ wal_level: 'logical' }]);
    expect(await query(url, 'SELECT count(*) > 0 AS counts FROM pg_stat_statements')).toEqual([{ counts: true }]);
  });
});

describe('a life of starts and ends', () => {
  const dataFolder = privateFolder();
  let server: EmbeddedPostgres | undefined;
  const restart = async (): Promise<EmbeddedPostgres> => (server = await start(dataFolder));
  afterEach(async () => {
    await server?.stop();
    server = undefined;
  });

  test('the second start finds data, port and passwords of the first', async () => {
    const first = await restart();
    await query(first.url('auth_db', 'owner'), 'CREATE TABLE kept ()');
    await first.stop();
    await expect(query(first.url('auth_db', 'owner'), 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
    const second = await restart();
    expect(second.url('auth_db', 'owner')).toBe(first.url('auth_db', 'owner'));
    expect(await query(second.url('auth_db', 'owner'), 'SELECT FROM kept')).toEqual([]);
  });

  test('secrets are closed to others', () => {
    expect(statSync(join(dataFolder, 'postgres-credentials.json')).mode & 0o777).toBe(0o600);
  });

  test('of two starts at one instant one wins', async () => {
    const results = await Promise.allSettled([start(dataFolder), start(dataFolder)]);
    const winners = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const losers = results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []));
    await Promise.all(winners.map((winner) => winner.stop()));
    expect(winners).toHaveLength(1);
    expect(losers[0]).toContain(`is in use by another Scrollback (process ${process.pid})`);
  });

  test('a server whose gateway was killed is stopped by the next one', async () => {
    const gateway = spawnGateway(dataFolder);
    await until(async () => (await readPostmasterFile(whereClusterIs(dataFolder)))?.isReady === true);
    const orphan = await readPostmasterFile(whereClusterIs(dataFolder));
    await expect(start(dataFolder)).rejects.toThrow(`(process ${gateway.pid})`);
    await kill(gateway);
    expect(await isServed(whereClusterIs(dataFolder))).toBe(true);
    await restart();
    const successor = await readPostmasterFile(whereClusterIs(dataFolder));
    expect(successor?.pid).not.toBe(orphan?.pid);
  });

  test('a server that dies is started again on the same port', async () => {
    const started = await restart();
    const before = await readPostmasterFile(whereClusterIs(dataFolder));
    process.kill(before?.pid ?? 0, 'SIGKILL');
    await until(async () => {
      const now = await readPostmasterFile(whereClusterIs(dataFolder));
      return now?.pid !== before?.pid && now?.isReady === true;
    });
    expect(await query(started.url('auth_db', 'gateway'), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('a stale process number that belongs to somebody else neither stops the start nor that process', async () => {
    const stopped = await restart();
    const file = join(whereClusterIs(dataFolder), 'postmaster.pid');
    const content = readFileSync(file, 'utf8');
    await stopped.stop();
    const owner = statSync(whereClusterIs(dataFolder));
    const bystander = spawn('sleep', ['60'], isRoot() ? { uid: owner.uid, gid: owner.gid } : {});
    writeFileSync(file, content.replace(/^.*/, String(bystander.pid)));
    await restart();
    expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
    bystander.kill();
  });

  test('a database without its passwords is not thrown away', async () => {
    const file = join(dataFolder, 'postgres-credentials.json');
    const credentials = readFileSync(file);
    rmSync(file);
    await expect(restart()).rejects.toThrow('is a database whose passwords are missing');
    writeFileSync(file, credentials, { mode: 0o600 });
    await restart();
  });
});

test('an interrupted first start is done again', async () => {
  const dataFolder = privateFolder();
  const gateway = spawnGateway(dataFolder);
  const begun = async (): Promise<boolean> =>
    (await readdir(dirname(whereClusterIs(dataFolder)))).some((name) => name.startsWith('postgres.new-'));
  await until(() => begun().catch(() => false));
  await kill(gateway);
  const server = await start(dataFolder);
  expect(await query(server.url('auth_db', 'gateway'), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(await begun()).toBe(false);
  await server.stop();
});
