import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { pino } from 'pino';
import { lookSeconds, noticedSeconds } from '../shared/metrics.ts';
import { Poll, type Look, type Seen } from './poll.ts';
import { Topics } from './topics.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A log that is seen up to a position, how often it was looked at, and what was logged about that. */
function watched(look: Look) {
  const looks: number[] = [];
  const topics = new Topics();
  const logged: unknown[] = [];
  const counting: Look = (expected) => {
    looks.push(expected);
    return look(expected);
  };
  const log = pino({}, { write: (line) => void logged.push(JSON.parse(line)) });
  const poll = new Poll({ name: 'test', look: counting, topics, intervalMs: 60_000, log });
  return { poll, looks, topics, logged };
}

const nothingNew: Seen = { changed: [], found: 0, unsettled: false, age: null, upTo: 0 };

const resultOf = (changed: Seen['changed']): Promise<Seen> =>
  Promise.resolve({ ...nothingNew, changed, found: changed === 'all' ? 0 : changed.length });

const seenUpTo =
  (visible: () => number): Look =>
  (expected) =>
    Promise.resolve({ changed: [], found: 0, unsettled: visible() < expected, age: null, upTo: 0 });

test('looks again until it sees what a hint speaks of, and then no more', async () => {
  let visible = 4;
  const { poll, looks, topics } = watched(seenUpTo(() => visible));
  topics.listen('any', () => undefined);
  poll.hint(5);
  await vi.advanceTimersByTimeAsync(35);
  expect(looks).toEqual([5, 5, 5, 5]);
  visible = 5;
  await vi.advanceTimersByTimeAsync(500);
  expect(looks).toHaveLength(5);
});

test('believes a hint that lies for a second, and the next one as much', async () => {
  const { poll, looks, topics } = watched(seenUpTo(() => 4));
  topics.listen('any', () => undefined);
  poll.hint(1e15);
  await vi.advanceTimersByTimeAsync(5000);
  const lied = looks.length;
  expect(lied).toBeLessThan(110);
  expect(looks.at(-1)).toBe(0);
  poll.hint(5);
  await vi.advanceTimersByTimeAsync(15);
  expect(looks.slice(lied)).toEqual([5, 5]);
});

test('looks again after a hint that says nothing, which may have come before its commit is visible', async () => {
  const { poll, looks, topics } = watched(() => Promise.resolve(nothingNew));
  topics.listen('any', () => undefined);
  poll.hint();
  await vi.advanceTimersByTimeAsync(9);
  expect(looks).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(looks).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(90);
  expect(looks).toHaveLength(4);
  await vi.advanceTimersByTimeAsync(5000);
  expect(looks).toHaveLength(4);
});

test('does not take what it finds for what a hint speaks of that came before its commit is visible', async () => {
  const visibleAt = [8, 14];
  const began = performance.now();
  const told: number[] = [];
  const { poll, topics } = watched(() => {
    const now = performance.now() - began;
    const seen = visibleAt.filter((at) => at <= now);
    visibleAt.splice(0, seen.length);
    return resultOf(seen.map(() => 'any'));
  });
  topics.listen('any', () => told.push(performance.now() - began));
  poll.hint();
  await vi.advanceTimersByTimeAsync(6);
  poll.hint();
  await vi.advanceTimersByTimeAsync(2000);
  expect(told).toHaveLength(2);
  expect(told[1]).toBeLessThan(60);
});

test('does not look again after an interval that nobody hinted in', async () => {
  const { poll, looks, topics } = watched(() => resultOf(['any']));
  topics.listen('any', () => undefined);
  poll.start();
  await vi.advanceTimersByTimeAsync(61_000);
  expect(looks).toHaveLength(1);
  await poll.stop();
});

test('takes no notice of a hint of what it has seen', async () => {
  let upTo = 5;
  const { poll, looks, topics } = watched((expected) =>
    Promise.resolve({ ...nothingNew, unsettled: upTo < expected, upTo }),
  );
  topics.listen('any', () => undefined);
  for (const hint of [5, 4, 5]) {
    poll.hint(hint);
    await vi.advanceTimersByTimeAsync(20);
  }
  expect(looks).toEqual([5]);
  // As after a restore: what it knew is not so any more.
  upTo = 3;
  poll.hint(6);
  await vi.advanceTimersByTimeAsync(1);
  upTo = 6;
  await vi.advanceTimersByTimeAsync(20);
  poll.hint(4);
  expect(looks).toEqual([5, 6, 6]);
});

test('looks at nothing while nobody listens', async () => {
  const { poll, looks } = watched(seenUpTo(() => 0));
  poll.start();
  poll.hint(5);
  await vi.advanceTimersByTimeAsync(120_000);
  expect(looks).toEqual([]);
  await poll.stop();
});

test('rests after a look that found much, and then looks once for all hints of that time', async () => {
  let found = 0;
  const { poll, looks, topics } = watched(() =>
    Promise.resolve({
      changed: Array.from({ length: found }, (_, index) => `topic ${index}`),
      found: found,
      unsettled: false,
      age: null,
      upTo: 0,
    }),
  );
  topics.listen('any', () => undefined);
  const hintFor = async (ms: number): Promise<number> => {
    const before = looks.length;
    for (let passed = 0; passed < ms; passed += 1) {
      poll.hint();
      await vi.advanceTimersByTimeAsync(1);
    }
    return looks.length - before;
  };
  expect(await hintFor(100)).toBeGreaterThan(99);
  for (found of [1, 20]) expect(Math.abs((await hintFor(90)) - 30)).toBeLessThanOrEqual(1);
  found = 100;
  expect(await hintFor(100)).toBeLessThan(10);
  found = 100_000;
  expect(await hintFor(2000)).toBe(4);
});

test('a rest ends with the poll', async () => {
  const { poll, looks, topics } = watched(() =>
    Promise.resolve({
      changed: Array.from({ length: 1000 }, () => 'any'),
      found: 1000,
      unsettled: false,
      age: null,
      upTo: 0,
    }),
  );
  topics.listen('any', () => undefined);
  poll.hint();
  await vi.advanceTimersByTimeAsync(1);
  poll.hint();
  await poll.stop();
  await vi.advanceTimersByTimeAsync(1000);
  expect(looks).toHaveLength(1);
});

test('looks at every interval while somebody listens, until it is stopped', async () => {
  const { poll, looks, topics } = watched(() => Promise.resolve(nothingNew));
  poll.start();
  const leave = topics.listen('any', () => undefined);
  await vi.advanceTimersByTimeAsync(180_000);
  expect(looks).toEqual([0, 0, 0]);
  leave();
  await vi.advanceTimersByTimeAsync(60_000);
  topics.listen('any', () => undefined);
  await poll.stop();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(looks).toHaveLength(3);
});

test('wakes those whose topics have changed, or all where that cannot be told', async () => {
  const found: Seen['changed'][] = [['a', 'b'], [], 'all'];
  const { poll, topics } = watched(() => resultOf(found.shift() ?? []));
  const heard: string[] = [];
  for (const topic of ['a', 'b', 'c']) topics.listen(topic, () => heard.push(topic));
  let position = 0;
  const looked = async (): Promise<string[]> => {
    poll.hint(++position);
    await vi.advanceTimersByTimeAsync(5);
    return heard.splice(0);
  };
  expect([await looked(), await looked(), await looked()]).toEqual([['a', 'b'], [], ['a', 'b', 'c']]);
});

test('says once that it cannot look, and once that it can again; what was missed is for all to find out', async () => {
  let isAway = true;
  const { poll, topics, logged } = watched(() => (isAway ? Promise.reject(new Error('refused')) : resultOf(['b'])));
  const heard: string[] = [];
  for (const topic of ['a', 'b']) topics.listen(topic, () => heard.push(topic));
  let position = 0;
  const look = async (): Promise<void> => {
    poll.hint(++position);
    await vi.advanceTimersByTimeAsync(5);
  };
  await look();
  expect(logged).toHaveLength(1);
  await look();
  expect(logged).toMatchObject([{ level: 40, feed: 'test', error: 'refused', msg: 'the change feed cannot look' }]);
  expect(heard).toEqual([]);
  isAway = false;
  await look();
  await look();
  expect(logged.slice(1)).toMatchObject([{ level: 30, feed: 'test', msg: 'the change feed works again' }]);
  expect(heard).toEqual(['a', 'b', 'b']);
});

test('looks one at a time, and once more for all who hinted meanwhile', async () => {
  let running = 0;
  const { poll, looks, topics } = watched(async () => {
    running += 1;
    expect(running).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    running -= 1;
    return nothingNew;
  });
  topics.listen('any', () => undefined);
  for (const upTo of [1, 9, 3]) poll.hint(upTo);
  await vi.advanceTimersByTimeAsync(1000);
  expect(looks).toEqual([1, 9]);
});

test('is stopped only when the look under way has ended, and nothing follows that', async () => {
  const { poll, looks, topics } = watched(async () => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return { changed: Array.from({ length: 1000 }, () => 'any'), found: 1000, unsettled: true, age: null, upTo: 0 };
  });
  topics.listen('any', () => undefined);
  poll.hint();
  poll.hint();
  let isStopped = false;
  const stopped = poll.stop().then(() => (isStopped = true));
  await vi.advanceTimersByTimeAsync(49);
  expect(isStopped).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await stopped;
  await vi.advanceTimersByTimeAsync(1000);
  expect(looks).toHaveLength(1);
});

test('measures how long its looks take and how old the news was', async () => {
  lookSeconds.reset();
  noticedSeconds.reset();
  const ages = [2, null];
  const { poll, topics } = watched(async () => {
    await new Promise((resolve) => setTimeout(resolve, 500));
    return { ...nothingNew, age: ages.shift() ?? null };
  });
  topics.listen('any', () => undefined);
  for (const _ of [1, 2]) {
    poll.hint();
    await vi.advanceTimersByTimeAsync(600);
  }
  const measured = async (metric: typeof lookSeconds): Promise<unknown> =>
    (await metric.get()).values
      .filter(({ metricName }) => /_(sum|count)$/.test(metricName ?? ''))
      .map(({ labels, value }) => [labels.database, value]);
  expect(await measured(lookSeconds)).toEqual([
    ['test', 1],
    ['test', 2],
  ]);
  expect(await measured(noticedSeconds)).toEqual([
    ['test', 2],
    ['test', 1],
  ]);
});
