import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Build } from './gateway-process.ts';
import { seededRandom } from './random.ts';
import { Recorder, type Start } from './recorder.ts';
import { World } from './world.ts';

const seed = 20262;
const random = seededRandom(seed);
let world: World;
let starts: { of: ReadonlyMap<string, Start>; all: Start };
beforeAll(async () => {
  world = await World.open(['ours', 'bare-numbers']);
  starts = await world.addSessions(['restored', 'untouched']);
}, 60_000);
afterAll(() => world.close());

const add = (prefix: string, from: number, to: number): Promise<unknown> =>
  world.cluster.run(
    'agent_runtime',
    'owner',
    `INSERT INTO messages (id, session_db_id, role, content)
     SELECT '${prefix}-' || n, 'restored', 'user', 'after ' || n FROM generate_series(${from}, ${to}) AS n`,
  );

const follow = (
  build: Build,
  sessionId: string | null,
  start = starts.of.get(sessionId ?? '') ?? starts.all,
): Recorder =>
  new Recorder({
    client: `${build} ${sessionId}`,
    urls: world.of(build).map(({ webSocketUrl }) => webSocketUrl),
    sessionId,
    start,
    random: random.fork(`${build} ${sessionId}`),
  });

const until = async (what: () => boolean, timeoutMs = 20_000): Promise<void> => {
  const deadline = Date.now() + timeoutMs;
  while (!what() && Date.now() < deadline) await sleep(50);
  expect(what()).toBe(true);
};

describe('a database that goes back to an older copy', () => {
  it('is told to everybody whose cursor is from what is gone (L5), where bare numbers skip silently', async () => {
    await add('kept', 1, 10);
    const early = follow('ours', 'restored');
    await until(() => early.deliveries.length === 10);
    const cursorOfKept = early.cursor;
    await world.cluster.backUp();
    const ours = [early, follow('ours', 'restored'), follow('ours', null)];
    const broken = [follow('bare-numbers', 'restored'), follow('bare-numbers', null)];
    await add('gone', 1, 10);
    await until(() => [...ours, ...broken].every((recorder) => recorder.deliveries.length === 20));

    await world.cluster.restore();
    // Other messages under the very numbers of those that are gone, and then some.
    await add('new', 1, 15);

    await until(() => ours.every((recorder) => (recorder.endings.get('CURSOR_DIVERGED') ?? 0) > 0));
    await until(() => broken.every((recorder) => recorder.deliveries.length >= 25));
    expect(ours.map((recorder) => recorder.deliveries.length)).toEqual([20, 20, 20]);
    expect(newOnesOf(broken)).toEqual([5, 5]);
    expect(broken.map((recorder) => recorder.endings.get('CURSOR_DIVERGED'))).toEqual([undefined, undefined]);

    // A cursor from before the copy still holds, and everything after it is there.
    const resumed = follow('ours', 'restored', { cursor: cursorOfKept, place: 11 });
    await until(() => resumed.deliveries.length === 15);
    expect(resumed.gaps).toBe(0);
    expect(resumed.endings.size).toBe(0);
    await Promise.all([...ours, ...broken, resumed].map((recorder) => recorder.stop()));
  });
});

const newOnesOf = (recorders: readonly Recorder[]): number[] =>
  recorders.map(({ deliveries }) => deliveries.filter(({ messageId }) => messageId.startsWith('new-')).length);
