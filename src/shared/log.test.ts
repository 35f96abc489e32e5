import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createLog } from './log.ts';

it('writes no secret, whether it is logged or bound to a child', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'scrollback-log-'));
  const file = join(folder, 'log');
  const log = createLog({ level: 'info', pretty: false, file });
  const request = { path: '/graphql', url: 'canary 2' };
  log.child({ connectionString: 'canary 1' }).info({ request, cookie: 'canary 3', userId: 'anna' }, 'said');
  await expect.poll(() => readFile(file, 'utf8')).toContain('said');
  const line = JSON.parse(await readFile(file, 'utf8')) as object;
  expect(line).toMatchObject({
    connectionString: '***',
    request: { path: '/graphql', url: '***' },
    cookie: '***',
    userId: 'anna',
  });
  expect(request.url).toBe('canary 2');
  await rm(folder, { recursive: true });
});
