/**
 * `node tests/attacks/measure.ts`: how honest clients fare, and what the gateway uses, under each attack; and a storm.
 * On a machine that does other work, `chrt --rr 1 node tests/attacks/measure.ts`: all but the attacker then goes first.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openBuiltInIssuer } from '../../src/commands/identity.ts';
import { loadConfig } from '../../src/config/config.ts';
import { World } from '../chaos/world.ts';
import { cpuMsOf, residentMBOf } from './process-use.ts';
import { storm } from './storm.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '5' },
    /** Only attacks whose name contains this. */
    only: { type: 'string', default: '' },
  },
});
const windowMs = Number(values.seconds) * 1000;
const honestClients = 4;
const pauseMs = 20;
/** What an attack begins with, such as connections that are set up, is in the figures of the whole window only. */
const onsetMs = 1000;
/** A gateway that uses no more of a core than this, in percent, has done with what the last attacker left behind. */
const idleCpu = 5;
const longestRestMs = 30_000;

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
// Past the road of the tests, which would carry the attacker's bytes through the process that measures.
const url = `http://127.0.0.1:${gateway.port}/graphql`;
const config = loadConfig({ SCROLLBACK_DATA: dataFolder, NODE_ENV: 'test' }, { envFile: '/dev/null' });
const issuer = await openBuiltInIssuer(config);
const tokenOf = (userId: string): Promise<string> =>
  issuer.issue({ userId, scopes: ['api:read', 'api:write'], tenantId: 'default', expiresInSeconds: 3600 });

interface Latency {
  /** Since the window began. */
  readonly atMs: number;
  readonly ms: number;
}

async function honest(userId: string, until: AbortSignal, note: (startedAt: number) => void): Promise<void> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${await tokenOf(userId)}` };
  const body = JSON.stringify({ query: '{ sessions(first: 10) { nodes { id title messageCount } } }' });
  while (!until.aborted) {
    const startedAt = performance.now();
    const answer = await fetch(url, { method: 'POST', headers, body });
    const { errors } = (await answer.json()) as { errors?: unknown };
    if (errors !== undefined) throw new Error(JSON.stringify(errors));
    note(startedAt);
    await sleep(pauseMs);
  }
}

const quantile = (numbers: readonly number[], q: number): number =>
  numbers.toSorted((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * q))] ?? NaN;
const round = (number: number, factor = 10): number => Math.round(number * factor) / factor;

interface Figures {
  readonly p50: number;
  readonly p99: number;
  /** Without the onset. */
  readonly steadyP99: number;
  readonly answers: number;
  /** Of one core, in percent. */
  readonly gatewayCpu: number;
  readonly attackerCpu: number;
  readonly peakMB: number;
}

/** The same honest clients for a while; the attacker, if any, begins when the window does. */
async function observe(attack: string): Promise<Figures> {
  const attacker = await startAttacker(attack);
  await rest();
  const stop = new AbortController();
  const latencies: Latency[] = [];
  let peakMB = 0;
  const pids = [gateway?.pid, attacker.pid];
  const before = await Promise.all(pids.map(cpuMsOf));
  const began = performance.now();
  attacker.send('go');
  const sampling = setInterval(
    () => void residentMBOf(gateway?.pid).then((now) => (peakMB = Math.max(peakMB, now))),
    50,
  );
  const note = (startedAt: number): void =>
    void latencies.push({ atMs: startedAt - began, ms: performance.now() - startedAt });
  const clients = Array.from({ length: honestClients }, (_, n) => honest(`honest-${n}`, stop.signal, note));
  await sleep(windowMs);
  stop.abort();
  await Promise.all(clients);
  const tookMs = performance.now() - began;
  const after = await Promise.all(pids.map(cpuMsOf));
  const [gatewayCpu = 0, attackerCpu = 0] = after.map((ms, index) =>
    Math.round((100 * (ms - (before[index] ?? 0))) / tookMs),
  );
  clearInterval(sampling);
  attacker.kill('SIGKILL');
  await once(attacker, 'exit');
  const all = latencies.map(({ ms }) => ms);
  const steady = latencies.filter(({ atMs }) => atMs >= onsetMs).map(({ ms }) => ms);
  return {
    p50: quantile(all, 0.5),
    p99: quantile(all, 0.99),
    steadyP99: quantile(steady, 0.99),
    answers: all.length,
    gatewayCpu,
    attackerCpu,
    peakMB,
  };
}

async function rest(): Promise<void> {
  const sampleMs = 1000;
  for (let restedMs = 0; restedMs < longestRestMs; restedMs += sampleMs) {
    const before = await cpuMsOf(gateway?.pid);
    await sleep(sampleMs);
    if ((100 * ((await cpuMsOf(gateway?.pid)) - before)) / sampleMs <= idleCpu) return;
  }
}

let attackers = 0;

/** Each is another user, who comes with the whole of what users may spend at once. */
async function startAttacker(attack: string): Promise<ChildProcess & { attacks?: string[] }> {
  const token = await tokenOf(`mallory-${(attackers += 1)}`);
  const child = fork(join(import.meta.dirname, 'attacker.ts'), [attack, url, token], {
    execPath: 'chrt',
    execArgv: ['--other', '0', process.execPath],
  });
  const [names] = (await once(child, 'message')) as [string[]];
  return Object.assign(child, { attacks: names });
}

/** Of each figure the median. */
function medians(windows: readonly Figures[]): Figures {
  const median = (name: keyof Figures): number =>
    round(
      quantile(
        windows.map((figures) => figures[name]),
        0.5,
      ),
    );
  return {
    p50: median('p50'),
    p99: median('p99'),
    steadyP99: median('steadyP99'),
    answers: median('answers'),
    gatewayCpu: median('gatewayCpu'),
    attackerCpu: median('attackerCpu'),
    peakMB: Math.max(...windows.map(({ peakMB }) => peakMB)),
  };
}

/** Windows with and without the attacker in turn, so that what else the machine does falls on both. */
async function compare(attack: string): Promise<object> {
  const quiet: Figures[] = [];
  const attacked: Figures[] = [];
  for (let turn = 0; turn < Number(values.rounds); turn += 1) {
    quiet.push(await observe('nothing'));
    attacked.push(await observe(attack));
  }
  const [before, during] = [medians(quiet), medians(attacked)];
  const lowest = (windows: readonly Figures[]): number => Math.min(...windows.map(({ p99 }) => p99));
  const spread = [Math.min, Math.max].map((of) => round(of(...quiet.map(({ p99 }) => p99))));
  return {
    attack,
    before,
    during,
    ratio: round(during.p99 / before.p99, 100),
    steadyRatio: round(during.steadyP99 / before.steadyP99, 100),
    /** Of the windows that the machine's other work has disturbed least. */
    calmRatio: round(lowest(attacked) / lowest(quiet), 100),
    /** How far apart the windows without an attacker are, which is how rough a ratio is. */
    spread,
  };
}

try {
  await world.addSessions(Array.from({ length: 20 }, (_, n) => `session-${n}`));
  await observe('nothing');
  const probe = await startAttacker('nothing');
  probe.kill('SIGKILL');
  const wanted = (name: string): boolean => name !== 'nothing' && name.includes(values.only);
  for (const attack of (probe.attacks ?? []).filter(wanted))
    process.stdout.write(`${JSON.stringify(await compare(attack))}\n`);
  if ('storm'.includes(values.only)) {
    const figures = await storm(url.replace('http', 'ws'), await tokenOf('crowd'));
    process.stdout.write(`${JSON.stringify({ storm: figures, memoryMB: await residentMBOf(gateway.pid) })}\n`);
  }
} finally {
  await world.close();
  await rm(dataFolder, { recursive: true, force: true });
}
