import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { withDeadline } from './deadline.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const after = <Result>(ms: number, end: () => Result): Promise<Result> =>
  new Promise<void>((resolve) => setTimeout(resolve, ms)).then(end);
const done = (): string => 'done';
const fail = (): never => {
  throw new Error('failed');
};

/** How the work has ended after so much time; null where it has not. */
async function outcome(work: Promise<unknown>, afterMs: number): Promise<unknown> {
  let end: unknown = null;
  const ended = (how: unknown): void => void (end = how);
  work.then(ended, ended);
  await vi.advanceTimersByTimeAsync(afterMs);
  return end;
}

it.each([
  ['well', done, 'done'],
  ['badly', fail, new Error('failed')],
])('is not noticed by work that ends %s in time', async (_how, end, expected) => {
  expect(await outcome(withDeadline(after(99, end), 100), 99)).toEqual(expected);
  expect(vi.getTimerCount()).toBe(0);
});

it('ends the waiting for work that takes longer', async () => {
  const late = withDeadline(after(101, done), 100);
  expect(await outcome(late, 99)).toBeNull();
  expect(await outcome(late, 1)).toMatchObject({
    code: 'UNAVAILABLE',
    message: 'The operation took longer than 100 ms; ask for less, or try again. A mutation may still take effect.',
    details: { reason: 'DEADLINE_EXCEEDED', limit: 'OPERATION_TIMEOUT_MS', maximum: 100, retryAfterMs: 1000 },
  });
});

it('of 0 is none', async () => {
  const patient = withDeadline(after(1e6, done), 0);
  expect(vi.getTimerCount()).toBe(1);
  expect(await outcome(patient, 1e6)).toBe('done');
});
