import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../../shared/log.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import { runningEmbeddedPostgres } from './running.ts';

let folder: string;
let dataFolder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scrollback-running-'));
  await chmod(folder, 0o711);
  dataFolder = join(folder, 'data');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a running server is found beside its gateway, and stopping the find stops nothing', async () => {
  const gateways = await startEmbeddedPostgres({ dataFolder, log: silentLog(), durable: false });
  try {
    const found = await runningEmbeddedPostgres({ dataFolder });
    expect(found?.url('auth_db', 'gateway')).toBe(gateways.url('auth_db', 'gateway'));
    await found?.stop();
    const client = new Client(found?.url('agent_runtime', 'owner'));
    await client.connect();
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await client.end();
  } finally {
    await gateways.stop();
  }
  expect(await runningEmbeddedPostgres({ dataFolder })).toBeNull();
});

test('a folder that is not there stays so', async () => {
  expect(await runningEmbeddedPostgres({ dataFolder })).toBeNull();
  expect(await rm(dataFolder).catch((error: NodeJS.ErrnoException) => error.code)).toBe('ENOENT');
});
