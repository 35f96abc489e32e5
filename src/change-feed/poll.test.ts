import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { silentLog } from '../shared/log.ts';
import { Poll, type Look } from './poll.ts';
import { Topics } from './topics.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A log that is seen up to a position, and how often it was looked at. */
function watched(look: Look): { poll: Poll; looks: number[]; topics: Topics } {
  const looks: number[] = [];
  const topics = new Topics();
  const counting: Look = (expected) => {
    looks.push(expected);
    return look(expected);
  };
  const poll = new Poll({ name: 'test', look: counting, topics, intervalMs: 60_000, log: silentLog() });
  return { poll, looks, topics };
}
const seenUpTo =
  (visible: () => number): Look =>
  (expected) =>
    Promise.resolve({ changed: [], unsettled: visible() < expected, age: null });

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
      unsettled: false,
      age: null,
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
  found = 3;
  expect(await hintFor(100)).toBe(100);
  found = 100;
  expect(await hintFor(100)).toBeLessThan(10);
  found = 100_000;
  expect(await hintFor(1000)).toBeGreaterThan(8);
});

test('a rest ends with the poll', async () => {
  const { poll, looks, topics } = watched(() =>
    Promise.resolve({ changed: Array.from({ length: 1000 }, () => 'any'), unsettled: false, age: null }),
  );
  topics.listen('any', () => undefined);
  poll.hint();
  await vi.advanceTimersByTimeAsync(1);
  poll.hint();
  await poll.stop();
  await vi.advanceTimersByTimeAsync(1000);
  expect(looks).toHaveLength(1);
});
