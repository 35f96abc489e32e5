import { setTimeout as sleep } from 'node:timers/promises';
import { check, checkWrites, type Verdict, type WriteVerdict } from './checker.ts';
import type { Build } from './gateway-process.ts';
import { Ledger } from './ledger.ts';
import { torment, type Done } from './nemesis.ts';
import { seededRandom } from './random.ts';
import { Recorder, type Start } from './recorder.ts';
import { schedule } from './schedule.ts';
import { Sender } from './sender.ts';
import { SqlWriter } from './sql-writer.ts';
import { World } from './world.ts';

export interface TrialOptions {
  readonly seed: number;
  readonly durationMs: number;
  readonly everyMs: number;
  readonly sessions: number;
  readonly followersPerSession: number;
  readonly followersOfAll: number;
  readonly writers: number;
  readonly senders: number;
  /** Longest pause of a writer between two transactions. */
  readonly pauseMs: number;
  readonly say?: (line: string) => void;
}

export interface TrialResult {
  readonly seed: number;
  readonly faults: readonly Done[];
  readonly verdicts: Readonly<Record<Build, Verdict>>;
  readonly gaps: number;
  readonly writes: WriteVerdict;
  readonly writeErrors: Readonly<Record<string, number>>;
  readonly log: { readonly unlogged: number; readonly notDense: number };
  readonly sent: {
    readonly confirmed: number;
    readonly retries: number;
    readonly doubled: number;
    readonly missing: number;
  };
  /** What clients saw of it besides reconnecting, by code. */
  readonly endings: Readonly<Record<string, number>>;
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** From the end of a fault to the first delivery after it, by fault. */
  readonly recoveryMs: readonly { readonly fault: string; readonly ms: number }[];
  /** How long it took after the last write until everybody had everything. */
  readonly settledMs: number;
}

interface Arrivals {
  /** Milliseconds from commit to client. */
  readonly latencies: number[];
  readonly times: number[];
}

/** Writes and follows while the nemesis is at work, then waits for silence and compares. */
export async function runTrial(options: TrialOptions): Promise<TrialResult> {
  const world = await World.open(['ours', 'ours', 'ours', 'push', 'bare-numbers']);
  try {
    return await tryIn(world, options);
  } finally {
    await world.close();
  }
}

async function tryIn(world: World, options: TrialOptions): Promise<TrialResult> {
  const random = seededRandom(options.seed);
  const sessions = Array.from({ length: options.sessions }, (_, index) => `session-${index}`);
  const starts = await world.addSessions(sessions);
  const ledger = new Ledger();
  const arrivals: Arrivals = { latencies: [], times: [] };
  const received = (messageId: string): void => {
    const now = performance.now();
    arrivals.times.push(now);
    const committedAt = ledger.committedAt.get(messageId);
    // A message may be here before its writer is told of the commit.
    arrivals.latencies.push(committedAt === undefined ? 0 : now - committedAt);
  };
  const recorders = startRecorders(world, options, starts, received);
  await sleep(1000);
  const writers = startWriters(world, options, sessions, ledger);
  const senders = startSenders(world, options, sessions, ledger);
  const plan = schedule(random.fork('schedule'), options.durationMs, options.everyMs);
  const [faults] = await Promise.all([torment(world, plan, random.fork('nemesis')), sleep(options.durationMs)]);
  await Promise.all([...writers, ...senders].map((writer) => writer.stop()));
  const stoppedAt = performance.now();
  await settle(world, recorders.ours);
  const settledMs = Math.max(0, (arrivals.times.at(-1) ?? stoppedAt) - stoppedAt);
  await Promise.all(Object.values(recorders).flatMap((group) => group.map((recorder) => recorder.stop())));
  const truth = await world.truth();
  const verdictOf = (group: readonly Recorder[]): Verdict =>
    check(
      truth,
      group.map((recorder) => recorder.recording()),
    );
  return {
    seed: options.seed,
    faults,
    verdicts: {
      ours: verdictOf(recorders.ours),
      push: verdictOf(recorders.push),
      'bare-numbers': verdictOf(recorders['bare-numbers']),
    },
    gaps: recorders.ours.reduce((total, recorder) => total + recorder.gaps, 0),
    writes: checkWrites(new Set(truth.map(({ messageId }) => messageId)), ledger.attempts),
    writeErrors: Object.fromEntries(ledger.errors),
    log: await world.flawsOfLog(),
    sent: await checkSent(world, senders),
    endings: endingsOf(recorders.ours),
    latencyMs: percentiles(arrivals.latencies),
    recoveryMs: faults.map(({ fault, healedAt }) => ({ fault, ms: firstAfter(arrivals.times, healedAt) })),
    settledMs,
  };
}

function startRecorders(
  world: World,
  options: TrialOptions,
  starts: { of: ReadonlyMap<string, Start>; all: Start },
  received: (messageId: string) => void,
): Record<Build, Recorder[]> {
  const random = seededRandom(options.seed).fork('recorders');
  const of = (build: Build, count: number): Recorder[] => {
    const urls = world.of(build).map(({ webSocketUrl }) => webSocketUrl);
    const common = { urls, ...(build === 'ours' ? { received } : {}) };
    const one = (client: string, sessionId: string | null, start: Start, nested = false): Recorder =>
      new Recorder({
        ...common,
        client: `${build} ${client}`,
        sessionId,
        start,
        nested: nested && build === 'ours',
        random: random.fork(`${build} ${client}`),
      });
    const ofAll = Array.from({ length: count }, (_, index) => one(`all/${index}`, null, starts.all, index === 0));
    const perSession = build === 'ours' ? options.followersPerSession : 1;
    const ofOne = [...starts.of].flatMap(([sessionId, start]) =>
      Array.from({ length: perSession }, (_, index) => one(`${sessionId}/${index}`, sessionId, start)),
    );
    return [...ofAll, ...ofOne];
  };
  return { ours: of('ours', options.followersOfAll), push: of('push', 1), 'bare-numbers': of('bare-numbers', 2) };
}

/** Half of the sessions are written by services that save them as a whole. */
function startWriters(
  world: World,
  { seed, writers, pauseMs }: TrialOptions,
  sessions: readonly string[],
  ledger: Ledger,
): SqlWriter[] {
  const random = seededRandom(seed).fork('writers');
  const half = Math.ceil(sessions.length / 2);
  return Array.from(
    { length: writers },
    (_, index) =>
      new SqlWriter({
        name: `writer-${index}`,
        cluster: world.cluster,
        sessions: sessions.slice(0, half),
        savedSessions: sessions.slice(half),
        ledger,
        random: random.fork(`writer ${index}`),
        pauseMs,
      }),
  );
}

function startSenders(
  world: World,
  { seed, senders, pauseMs }: TrialOptions,
  sessions: readonly string[],
  ledger: Ledger,
): Sender[] {
  const random = seededRandom(seed).fork('senders');
  const urls = world.of('ours').map(({ httpUrl }) => httpUrl);
  return Array.from(
    { length: senders },
    (_, index) =>
      new Sender({ name: `sender-${index}`, urls, sessions, ledger, random: random.fork(`${index}`), pauseMs }),
  );
}

const settleTimeoutMs = 40_000;

/** Until everybody has as many as there are, or for a while in which nothing comes any more. */
async function settle(world: World, recorders: readonly Recorder[]): Promise<void> {
  await world.cluster.untilUp();
  const truth = await world.truth();
  const deadline = Date.now() + settleTimeoutMs;
  const isDone = (): boolean => recorders.every((recorder) => check(truth, [recorder.recording()]).lost === 0);
  while (!isDone() && Date.now() < deadline) await sleep(500);
  // For what might come a second time.
  await sleep(1000);
}

async function checkSent(world: World, senders: readonly Sender[]): Promise<TrialResult['sent']> {
  const confirmed = senders.flatMap((sender) => [...sender.confirmed.keys()]);
  const rows = await world.cluster.run<{ id: string; count: number }>(
    'agent_runtime',
    'owner',
    `SELECT client_message_id AS id, count(*)::int AS count FROM scrollback.message_details d JOIN messages m ON m.id = d.message_id
     WHERE client_message_id IS NOT NULL GROUP BY 1`,
  );
  const counts = new Map(rows.map(({ id, count }) => [id, count]));
  return {
    confirmed: confirmed.length,
    retries: senders.reduce((total, sender) => total + sender.retries, 0),
    doubled: rows.filter(({ count }) => count > 1).length,
    missing: confirmed.filter((id) => !counts.has(id)).length,
  };
}

function endingsOf(recorders: readonly Recorder[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const [code, count] of recorders.flatMap(({ endings }) => [...endings])) {
    total[code] = (total[code] ?? 0) + count;
  }
  return total;
}

const firstAfter = (times: readonly number[], time: number): number =>
  Math.round((times.find((arrival) => arrival > time) ?? Infinity) - time);

function percentiles(values: readonly number[]): TrialResult['latencyMs'] {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number): number => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0);
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}
