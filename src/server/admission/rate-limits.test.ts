import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import type { ScrollbackError } from '../../shared/errors.ts';
import { silentLog } from '../../shared/log.ts';
import { RateLimiter } from './rate-limits.ts';

const limits = { address: 0, user: 5, tenant: 0, burstSeconds: 2, redisUrl: null };

/** How many of so many are let through. */
async function passed(limiter: RateLimiter, attempts: number, key = 'anna'): Promise<number> {
  const outcomes = await Promise.allSettled(Array.from({ length: attempts }, () => limiter.take('user', key, 1)));
  return outcomes.filter(({ status }) => status === 'fulfilled').length;
}

it('lets a burst through, then so many per second', async () => {
  const limiter = new RateLimiter(limits, silentLog());
  expect(await passed(limiter, 100)).toBe(5 + 10);
  expect(await passed(limiter, 100, 'boris')).toBe(5 + 10);
  await expect(limiter.take('user', 'anna', 1)).rejects.toMatchObject({
    code: 'RATE_LIMITED',
    details: { limit: 'RATE_LIMIT_USER', maximum: 5, retryAfterMs: expect.any(Number) as number },
  });
  await expect.poll(() => passed(limiter, 1), { timeout: 5000 }).toBe(1);
  await limiter.close();
});

it('counts what is asked of it', async () => {
  const limiter = new RateLimiter(limits, silentLog());
  await limiter.take('user', 'anna', 5);
  await limiter.take('user', 'anna', 9);
  await expect(limiter.take('user', 'anna', 2)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  await limiter.take('tenant', 'anna', 1_000_000);
  await limiter.close();
});

it.each(['address', 'user', 'tenant'] as const)('says of each %s what may be done how often', async (kind) => {
  const limiter = new RateLimiter({ ...limits, [kind]: 3 }, silentLog());
  await limiter.take(kind, 'anna', 3);
  await limiter.take(kind, 'anna', 6);
  await expect(limiter.take(kind, 'anna', 1)).rejects.toMatchObject({
    message: `There are at most 3 operations per second for each ${kind}, and 6 more in a minute; slow down.`,
    details: { limit: `RATE_LIMIT_${kind.toUpperCase()}`, maximum: 3 },
  });
  await limiter.close();
});

it('says when to come again, and never at once', async () => {
  const limiter = new RateLimiter({ ...limits, user: 1, burstSeconds: 1 }, silentLog());
  await limiter.take('user', 'anna', 1);
  await limiter.take('user', 'anna', 1);
  const refusal = (await limiter.take('user', 'anna', 1).catch((error: unknown) => error)) as ScrollbackError;
  expect(refusal.details['retryAfterMs']).toBeGreaterThan(0);
  expect(refusal.details['retryAfterMs']).toBeLessThanOrEqual(60_000);
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

describe('with Redis', () => {
  const started: ChildProcess[] = [];
  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
  });
  async function redis(port: number): Promise<ChildProcess> {
    const child = spawn('redis-server', [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--daemonize',
      'no',
    ]);
    started.push(child);
    child.on('error', () => undefined);
    for await (const line of child.stdout) if (String(line).includes('Ready to accept')) break;
    return child;
  }

  /** The process and its port; skips the test where there is no Redis. */
  async function startedRedis(skip: (why: string) => never): Promise<[ChildProcess, number]> {
    const port = await freePort();
    try {
      return [await redis(port), port];
    } catch {
      if (process.env['CI'] !== undefined) throw new Error('redis-server is missing; install it.');
      return skip('redis-server is not installed');
    }
  }

  it('gateways count together; without it, and while it is silent, each for itself', async ({ skip }) => {
    const [server, port] = await startedRedis(skip);
    const shared = { ...limits, redisUrl: `redis://127.0.0.1:${port}` };
    const said: unknown[] = [];
    const log = pino({}, { write: (line) => void said.push(JSON.parse(line)) });
    const [one, two] = [new RateLimiter(shared, log), new RateLimiter(shared, silentLog())];
    const together = async (key: string): Promise<number> =>
      (await passed(one, 20, key)) + (await passed(two, 20, key));
    let round = 0;
    await expect.poll(() => together(`key ${(round += 1)}`), { timeout: 10_000 }).toBe(15);
    server.kill('SIGSTOP');
    expect(await together('silent')).toBe(30);
    server.kill('SIGKILL');
    await once(server, 'exit');
    expect(await together('away')).toBe(30);
    await redis(port);
    await expect.poll(() => together(`back ${(round += 1)}`), { timeout: 20_000 }).toBe(15);
    expect(said).toMatchObject([
      { level: 40, msg: 'Redis is away; each gateway counts its rate limits for itself' },
      { level: 30, msg: 'Redis is back; rate limits are counted there again' },
    ]);
    await Promise.all([one.close(), two.close()]);
  });

  it('each kind is counted by itself, the steady rate and the burst too', async ({ skip }) => {
    const [, port] = await startedRedis(skip);
    const limiter = new RateLimiter({ ...limits, tenant: 3, redisUrl: `redis://127.0.0.1:${port}` }, silentLog());
    let round = 0;
    // Once Redis is there, other gateways' counts are seen.
    const other = new RateLimiter({ ...limits, redisUrl: `redis://127.0.0.1:${port}` }, silentLog());
    const together = async (key: string): Promise<number> =>
      (await passed(limiter, 20, key)) + (await passed(other, 20, key));
    await expect.poll(() => together(`key ${(round += 1)}`), { timeout: 10_000 }).toBe(15);
    expect(await passed(limiter, 20, 'same')).toBe(15);
    await limiter.take('tenant', 'same', 3);
    await limiter.take('tenant', 'same', 6);
    await expect(limiter.take('tenant', 'same', 1)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    await Promise.all([limiter.close(), other.close()]);
  });

  it('who is over the limit is refused without asking it', async ({ skip }) => {
    const [server, port] = await startedRedis(skip);
    const shared = { ...limits, redisUrl: `redis://127.0.0.1:${port}` };
    const [one, two] = [new RateLimiter(shared, silentLog()), new RateLimiter(shared, silentLog())];
    let round = 0;
    const together = async (key: string): Promise<number> =>
      (await passed(one, 20, key)) + (await passed(two, 20, key));
    await expect.poll(() => together(`key ${(round += 1)}`), { timeout: 10_000 }).toBe(15);
    server.kill('SIGSTOP');
    const asked = performance.now();
    expect(await passed(one, 20, `key ${round}`)).toBe(0);
    expect(performance.now() - asked).toBeLessThan(200);
    await Promise.all([one.close(), two.close()]);
  });

  it('is left when the limiter is closed', async () => {
    const connections: Socket[] = [];
    const server = createServer((socket) => connections.push(socket.on('error', () => undefined)));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const limiter = new RateLimiter({ ...limits, redisUrl: `redis://127.0.0.1:${port}` }, silentLog());
    await expect.poll(() => connections.length).toBe(1);
    const left = once(connections[0]?.resume() as Socket, 'close');
    await limiter.close();
    await left;
    await limiter.close();
    server.close();
  });
});
