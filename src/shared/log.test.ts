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

it('writes no secret that lies deeper, in a line or in what is bound to a child of a child', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'scrollback-log-'));
  const file = join(folder, 'log');
  const log = createLog({ level: 'info', pretty: false, file });
  const headers = { Authorization: 'canary 1', accept: 'text/html' };
  const bound = { request: { headers, tries: [{ password: 'canary 2' }, { password: null, at: 1 }] } };
  log
    .child({ requestId: 'r-1' })
    .child(bound)
    .child({ set: { refreshToken: 'canary 3' }, 'Set-Cookie': 'canary 4' })
    .info({ one: { two: { three: { accessToken: 'canary 5', count: 2 } } }, tokens: 7 }, 'said');
  await expect.poll(() => readFile(file, 'utf8')).toContain('said');
  const text = await readFile(file, 'utf8');
  expect(text).not.toContain('canary');
  expect(JSON.parse(text)).toMatchObject({
    requestId: 'r-1',
    request: { headers: { Authorization: '***', accept: 'text/html' }, tries: [{ password: '***' }, { at: 1 }] },
    one: { two: { three: { accessToken: '***', count: 2 } } },
    tokens: 7,
  });
  expect(bound.request.headers.Authorization).toBe('canary 1');
  await rm(folder, { recursive: true });
});
