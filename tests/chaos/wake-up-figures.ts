/**
 * What each way of being woken costs writers, and how long what they write takes to a subscriber. All ways in turn, in
 * every round, on one PostgreSQL; writers are plain SQL, as other services are. Usage: node wake-up-figures.ts [rounds]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { setNotifyTrigger } from '../../src/databases/notify-trigger.ts';
import { startNats } from '../support/nats.ts';
import { cpuTimeMs } from './cpu-time.ts';
import { GatewayPlace } from './gateway-process.ts';
import { seededRandom } from './random.ts';
import { Recorder, type Start } from './recorder.ts';
import { environment, World } from './world.ts';

const ways = ['poll', 'slot', 'trigger', 'bus'] as const;
type Way = (typeof ways)[number];

const writers = 8;
const loadMs = 5000;
const probes = 60;
const rounds = Number(process.argv[2] ?? 3);
const random = seededRandom(1);

const world = await World.open(['ours']);
const nats = await startNats();
const { cluster } = world;
const sessions = Array.from({ length: writers }, (_, index) => `session-${index}`);
const { all: start } = await world.addSessions(sessions);
await world.gateways[0]?.kill();
await cluster.run('postgres', 'superuser', 'ALTER ROLE scrollback_gateway REPLICATION');

const settings = (way: Way): Record<string, string> => ({
  ...environment(cluster, world.databaseRoad.port, world.folder),
  LIVE_WAKEUPS: way === 'trigger' ? 'notify' : way,
  ...(way === 'bus' ? { NATS_URL: nats.url } : {}),
});

let written = 0;
async function write(sessionId: string, until: number): Promise<number> {
  const client = await cluster.connect('agent_runtime', 'owner');
  let count = 0;
  for (; performance.now() < until; count += 1) await client.query(insert(sessionId));
  await client.end();
  return count;
}
const insert = (sessionId: string): string =>
  `INSERT INTO messages (id, session_db_id, role, content) VALUES ('m-${(written += 1)}', '${sessionId}', 'user', 'hello')`;

async function latencies(from: Start, place: GatewayPlace): Promise<number[]> {
  const arrived = new Map<string, number>();
  const recorder = new Recorder({
    client: 'figures',
    urls: [place.webSocketUrl],
    sessionId: null,
    start: from,
    random,
    received: (messageId) => arrived.set(messageId, performance.now()),
  });
  const client = await cluster.connect('agent_runtime', 'owner');
  const committed = new Map<string, number>();
  for (let probe = 0; probe < probes; probe += 1) {
    await client.query(insert('session-0'));
    committed.set(`m-${written}`, performance.now());
    await sleep(40 + random.below(100));
  }
  await sleep(1500);
  await client.end();
  await recorder.stop();
  return [...committed].map(([id, at]) => Math.max(0, (arrived.get(id) ?? Infinity) - at));
}

interface Measured {
  readonly perSecond: number;
  /** Of PostgreSQL, per commit; what else the machine does hardly matters to it. */
  readonly cpuMs: number;
  readonly latencies: readonly number[];
}

async function measure(way: Way): Promise<Measured> {
  const owner = await cluster.connect('agent_runtime', 'owner');
  await setNotifyTrigger(owner, 'agentRuntime', way === 'trigger');
  await owner.end();
  const place = await GatewayPlace.open('ours', world.folder, settings(way));
  const recorder = new Recorder({
    client: 'load',
    urls: [place.webSocketUrl],
    sessionId: null,
    start: await endOf(),
    random,
  });
  await sleep(2000);
  const postmaster = await cluster.postmasterPid();
  const before = await cpuTimeMs(postmaster);
  const until = performance.now() + loadMs;
  const counts = await Promise.all(sessions.map((sessionId) => write(sessionId, until)));
  const cpuMs = (await cpuTimeMs(postmaster)) - before;
  await recorder.stop();
  const found = await latencies(await endOf(), place);
  await place.close();
  const commits = counts.reduce((sum, count) => sum + count);
  return { perSecond: commits / (loadMs / 1000), cpuMs: cpuMs / commits, latencies: found };
}

/** The first gateway's own cursor of the newest message. */
async function endOf(): Promise<Start> {
  await world.gateways[0]?.start();
  const cursor = await world.endCursor('session-0');
  await world.gateways[0]?.kill();
  return { ...start, cursor };
}

const results = new Map<Way, Measured[]>(ways.map((way) => [way, []]));
for (let round = 0; round < rounds; round += 1) {
  for (const way of ways) {
    const found = await measure(way);
    results.get(way)?.push(found);
    process.stdout.write(
      `round ${round + 1}, ${way}: ${Math.round(found.perSecond)} commits/s, ${found.cpuMs.toFixed(2)} ms\n`,
    );
  }
}
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const meanOf = (way: Way, what: 'perSecond' | 'cpuMs'): number =>
  mean((results.get(way) ?? []).map((found) => found[what]));
for (const way of ways) {
  const sorted = (results.get(way) ?? [])
    .flatMap(({ latencies: found }) => found)
    .toSorted((one, other) => one - other);
  const at = (share: number): string => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(1);
  const rate = (meanOf(way, 'perSecond') / meanOf('poll', 'perSecond')).toFixed(2);
  const cpu = (meanOf(way, 'cpuMs') / meanOf('poll', 'cpuMs')).toFixed(2);
  process.stdout.write(
    `${way.padEnd(8)} commits ${rate}, CPU of PostgreSQL per commit ${cpu} of poll; to the client p50 ${at(0.5)} ms, p99 ${at(0.99)} ms\n`,
  );
}
await nats.stop();
await world.close();
process.exit(0);
