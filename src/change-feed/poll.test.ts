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
