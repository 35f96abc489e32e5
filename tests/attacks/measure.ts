/** `node tests/attacks/measure.ts`: how honest clients fare, and what the gateway holds, under each attack; and a storm. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openBuiltInIssuer } from '../../src/commands/identity.ts';
import { loadConfig } from '../../src/config/config.ts';
import { World } from '../chaos/world.ts';
import { storm } from './storm.ts';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '5' } } });
const honestClients = 4;
const pauseMs = 20;

/** All clients have one address here, so what counts addresses is off; everything else is as it comes. */
const settings = {
  RATE_LIMIT_ADDRESS: '0',
  RATE_LIMIT_USER: '100',
  RATE_LIMIT_TENANT: '2000',
  // The storm is one user's.
  MAX_SOCKETS_PER_USER: '0',
  MAX_OPERATIONS_PER_USER: '1000',
  OVERLOAD_LAG_MS: '1000',
};

const dataFolder = await mkdtemp(join(tmpdir(), 'scrollback-attacks-'));
const world = await World.open(['ours'], { ...settings, SCROLLBACK_DATA: dataFolder });
const [gateway] = world.gateways;
if (gateway === undefined) throw new Error('there is no gateway');
const config = loadConfig({ SCROLLBACK_DATA: dataFolder, NODE_ENV: 'test' }, { envFile: '/dev/null' });
const issuer = await openBuiltInIssuer(config);
const tokenOf = (userId: string): Promise<string> =>
  issuer.issue({ userId, scopes: ['api:read', 'api:write'], tenantId: 'default', expiresInSeconds: 3600 });

async function honest(userId: string, until: AbortSignal, latencies: number[]): Promise<void> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${await tokenOf(userId)}` };
  const body = JSON.stringify({ query: '{ sessions(first: 10) { nodes { id title messageCount } } }' });
  while (!until.aborted) {
    const started = performance.now();
    const answer = await fetch(gateway?.httpUrl ?? '', { method: 'POST', headers, body });
    const { errors } = (await answer.json()) as { errors?: unknown };
    if (errors !== undefined) throw new Error(JSON.stringify(errors));
    latencies.push(performance.now() - started);
    await sleep(pauseMs);
  }
}

const quantile = (times: readonly number[], q: number): number =>
  times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * q))] ?? NaN;

async function memoryMB(): Promise<number> {
  const status = await readFile(`/proc/${gateway?.pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}

interface Figures {
  readonly p50: number;
  readonly p99: number;
  readonly answers: number;
  readonly peakMB: number;
}

/** The same honest clients for a while; the attacker, if any, is at work from before until after. */
async function observe(attack: string): Promise<Figures> {
  const child = await startAttacker(attack);
  const stop = new AbortController();
  const latencies: number[] = [];
  let peakMB = 0;
  const sampling = setInterval(() => void memoryMB().then((now) => (peakMB = Math.max(peakMB, now))), 100);
  const clients = Array.from({ length: honestClients }, (_, n) => honest(`honest-${n}`, stop.signal, latencies));
  await sleep(Number(values.seconds) * 1000);
  stop.abort();
  await Promise.all(clients);
  clearInterval(sampling);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const round = (ms: number): number => Math.round(ms * 10) / 10;
  return {
    p50: round(quantile(latencies, 0.5)),
    p99: round(quantile(latencies, 0.99)),
    answers: latencies.length,
    peakMB,
  };
}

async function startAttacker(attack: string): Promise<ChildProcess & { attacks?: string[] }> {
  const child = fork(join(import.meta.dirname, 'attacker.ts'), [
    attack,
    gateway?.httpUrl ?? '',
    await tokenOf('mallory'),
  ]);
  const [names] = (await once(child, 'message')) as [string[]];
  await sleep(500);
  return Object.assign(child, { attacks: names });
}

try {
  await world.addSessions(Array.from({ length: 20 }, (_, n) => `session-${n}`));
  await observe('nothing');
  const probe = await startAttacker('nothing');
  probe.kill('SIGKILL');
  for (const attack of (probe.attacks ?? []).filter((name) => name !== 'nothing')) {
    const before = await observe('nothing');
    const during = await observe(attack);
    const ratio = Math.round((during.p99 / before.p99) * 100) / 100;
    process.stdout.write(`${JSON.stringify({ attack, before, during, ratio })}\n`);
  }
  process.stdout.write(
    `${JSON.stringify({ storm: await storm(gateway.webSocketUrl, await tokenOf('crowd')), memoryMB: await memoryMB() })}\n`,
  );
} finally {
  await world.close();
  await rm(dataFolder, { recursive: true, force: true });
}
