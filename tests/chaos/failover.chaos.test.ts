import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { expectSoon } from '../support/expect-soon.ts';
import type { Build } from './gateway-process.ts';
import { seededRandom } from './random.ts';
import { Recorder, type Start } from './recorder.ts';
import { openRoad, type Road } from './road.ts';
import { SecondServer } from './second-server.ts';
import { World } from './world.ts';

const random = seededRandom(20263);
const waitMs = 30_000;
let world: World;
let replication: Road;
let standby: SecondServer;
let starts: { of: ReadonlyMap<string, Start>; all: Start };
let recorders: Recorder[];

/** Gateways on a primary, whose standby follows it on a road of its own. */
async function open(builds: readonly Build[]): Promise<void> {
  recorders = [];
  world = await World.open(builds);
  // Hints from the write-ahead log come before what they speak of can be seen.
  await world.cluster.run('postgres', 'superuser', 'ALTER ROLE scrollback_gateway REPLICATION');
  starts = await world.addSessions(['slow', 'forked']);
  replication = await openRoad();
  replication.lead(world.cluster.port);
  standby = await SecondServer.start({ cluster: world.cluster, follows: { port: replication.port } });
}
afterEach(async () => {
  await Promise.all(recorders.map((recorder) => recorder.stop()));
  await standby.stop();
  await replication.close();
  await world.close();
});

const insert = (prefix: string, from: number, to: number): string =>
  `INSERT INTO messages (id, session_db_id, role, content)
   SELECT '${prefix}-' || n, 'forked', 'user', 'text ' || n FROM generate_series(${from}, ${to}) AS n`;
const add = (prefix: string, from: number, to: number): Promise<unknown> =>
  world.cluster.run('agent_runtime', 'owner', insert(prefix, from, to));

function follow(
  build: Build,
  sessionId: string | null,
  start = sessionId === null ? starts.all : starts.of.get(sessionId),
) {
  const recorder = new Recorder({
    client: `${build} ${sessionId}`,
    urls: world.of(build).map(({ webSocketUrl }) => webSocketUrl),
    sessionId,
    start: start ?? starts.all,
    random: random.fork(`${build} ${sessionId} ${recorders.length}`),
  });
  recorders.push(recorder);
  return recorder;
}

const lag = async (): Promise<boolean> => {
  const [primary] = await world.cluster.run<{ at: string }>(
    'postgres',
    'superuser',
    'SELECT pg_current_wal_lsn() AS at',
  );
  const [row] = await standby.run<{ there: boolean }>(
    'postgres',
    `SELECT pg_last_wal_replay_lsn() >= '${primary?.at}'::pg_lsn AS there`,
  );
  return row?.there === true;
};

async function failOver(): Promise<void> {
  world.databaseRoad.lead(null);
  await world.cluster.die();
  world.databaseRoad.cut();
  world.databaseRoad.lead(standby.port);
  await standby.promote();
}

const idsOf = ({ deliveries }: Recorder): string[] => deliveries.map(({ messageId }) => messageId);
const diverged = ({ endings }: Recorder): number => endings.get('CURSOR_DIVERGED') ?? 0;
const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index + 1}`);

describe('a failover to a standby that lags', () => {
  it('is told to everybody beyond the fork (L5), where bare numbers skip silently; the others go on', async () => {
    await open(['ours', 'ours', 'bare-numbers']);
    await add('kept', 1, 10);
    const early = follow('ours', 'forked');
    await expectSoon(() => early.deliveries.length === 10, waitMs);
    const cursorOfKept = early.cursor;
    await expectSoon(lag, waitMs);
    replication.lead(null);
    replication.cut();
    const ours = [early, follow('ours', 'forked'), follow('ours', null)];
    const broken = follow('bare-numbers', 'forked');
    await add('gone', 1, 10);
    await expectSoon(() => [...ours, broken].every(({ deliveries }) => deliveries.length === 20), waitMs);

    await failOver();
    await standby.run('agent_runtime', insert('new', 1, 15));

    await expectSoon(() => ours.every((recorder) => diverged(recorder) > 0), waitMs);
    await expectSoon(() => broken.deliveries.length >= 25, waitMs);
    expect(ours.map(({ deliveries }) => deliveries.length)).toEqual([20, 20, 20]);
    expect(idsOf(broken).filter((id) => id.startsWith('new-'))).toHaveLength(5);

    const resumed = follow('ours', 'forked', { cursor: cursorOfKept, place: 11 });
    await expectSoon(() => resumed.deliveries.length === 15, waitMs);
    expect(idsOf(resumed)).toEqual(numbered('new', 15));
    expect([resumed.gaps, resumed.endings.size]).toEqual([0, 0]);
  });
});

describe('a standby that is not promoted yet', () => {
  const report = async (): Promise<string> =>
    (await fetch((world.of('ours')[0]?.httpUrl ?? '').replace('/graphql', '/readyz'))).text();

  it('holds back the feed of all sessions, which nobody can order there, and loses none of it (L1)', async () => {
    await open(['ours']);
    const [one, all] = [follow('ours', 'forked'), follow('ours', null)];
    await add('before', 1, 5);
    await expectSoon(() => [one, all].every(({ deliveries }) => deliveries.length === 5), waitMs);
    await expectSoon(lag, waitMs);
    // The primary goes on without us: what we see now is a server in recovery.
    world.databaseRoad.lead(standby.port);
    world.databaseRoad.cut();
    const slow = await world.cluster.connect('agent_runtime', 'owner');
    await slow.query('BEGIN');
    await slow.query(`INSERT INTO messages (id, session_db_id, role) VALUES ('slow-1', 'slow', 'user')`);
    await slow.query(`UPDATE sessions SET title = 'slow' WHERE id = 'slow'`);
    // It has its position now, and others commit before it.
    await slow.query('SET CONSTRAINTS ALL IMMEDIATE');
    await add('during', 1, 5);
    await expectSoon(async () => (await report()).includes('the server is read-only'), waitMs);
    // For a gateway that would read what it must not yet; ours gives no sign.
    await sleep(1500);
    await slow.query('COMMIT');
    await slow.end();
    await expectSoon(lag, waitMs);
    await failOver();
    await standby.run('agent_runtime', insert('after', 1, 5));
    await expectSoon(() => all.deliveries.length === 16 && one.deliveries.length === 15, waitMs);
    const [before, during, after] = [numbered('before', 5), numbered('during', 5), numbered('after', 5)];
    expect(idsOf(one)).toEqual([...before, ...during, ...after]);
    expect(idsOf(all)).toEqual([...before, 'slow-1', ...during, ...after]);
  });
});

describe('a failover to a synchronous standby', () => {
  const synchronous = async (): Promise<void> => {
    await open(['ours', 'ours']);
    for (const statement of [`ALTER SYSTEM SET synchronous_standby_names = 'standby'`, 'SELECT pg_reload_conf()'])
      await world.cluster.run('postgres', 'superuser', statement);
    await expectSoon(async () => {
      const [row] = await world.cluster.run<{ sync_state: string }>(
        'postgres',
        'superuser',
        `SELECT sync_state FROM pg_stat_replication WHERE application_name = 'standby'`,
      );
      return row?.sync_state === 'sync';
    }, waitMs);
  };

  /** Commits on the primary alone: its standby does not confirm. */
  async function unconfirmed(): Promise<{ readonly pid: number; readonly done: Promise<unknown> }> {
    const writer = await world.cluster.connect('agent_runtime', 'owner');
    const { rows } = await writer.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const done = writer.query(insert('unconfirmed', 1, 1)).catch(() => undefined);
    const pid = rows[0]?.pid ?? 0;
    await expectSoon(async () => {
      const [row] = await world.cluster.run<{ event: string }>(
        'postgres',
        'superuser',
        `SELECT wait_event AS event FROM pg_stat_activity WHERE pid = ${pid}`,
      );
      return row?.event === 'SyncRep';
    }, waitMs);
    return { pid, done };
  }

  const onStandby = async (): Promise<Set<string>> =>
    new Set((await standby.run<{ id: string }>('agent_runtime', 'SELECT id FROM messages')).map(({ id }) => id));

  it('has everything that was delivered: what it has not confirmed is seen by nobody', async () => {
    await synchronous();
    const ours = [follow('ours', 'forked'), follow('ours', null)];
    await add('confirmed', 1, 20);
    await expectSoon(() => ours.every(({ deliveries }) => deliveries.length === 20), waitMs);
    replication.lead(null);
    replication.cut();
    const { done } = await unconfirmed();
    // So the silence is not for want of looking.
    await expectSoon(async () => looksOf(await metricsOf()) > 3, waitMs);
    expect(ours.map(({ deliveries }) => deliveries.length)).toEqual([20, 20]);
    await failOver();
    await done;
    const there = await onStandby();
    expect(ours.flatMap(idsOf).filter((id) => !there.has(id))).toEqual([]);
    await standby.run('agent_runtime', insert('new', 1, 5));
    await expectSoon(() => ours.every(({ deliveries }) => deliveries.length === 25), waitMs);
    expect(ours.map(diverged)).toEqual([0, 0]);
  });

  it('tells what was seen without being confirmed, when somebody ended the wait for it (L5)', async () => {
    await synchronous();
    const follower = follow('ours', 'forked');
    replication.lead(null);
    replication.cut();
    const { pid, done } = await unconfirmed();
    await world.cluster.run('postgres', 'superuser', `SELECT pg_cancel_backend(${pid})`);
    await done;
    // Whoever numbers it waits as well, until they are told not to.
    await expectSoon(async () => {
      await world.cluster.run(
        'postgres',
        'superuser',
        `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'`,
      );
      return follower.deliveries.length === 1;
    }, waitMs);
    await failOver();
    await standby.run('agent_runtime', insert('new', 1, 5));
    await expectSoon(() => diverged(follower) > 0, waitMs);
    expect(idsOf(follower)).toEqual(['unconfirmed-1']);
  });

  const metricsOf = async (): Promise<string> =>
    (await fetch((world.of('ours')[0]?.httpUrl ?? '').replace('/graphql', '/metrics'))).text();
  let before: number | undefined;
  const looksOf = (text: string): number => {
    const looks = Number(/scrollback_look_seconds_count\{database="agent_runtime"\} (\d+)/.exec(text)?.[1] ?? 0);
    before ??= looks;
    return looks - before;
  };
});
