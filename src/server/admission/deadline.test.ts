import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { withDeadline } from './deadline.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const after = (ms: number, end: () => string): Promise<string> =>
  new Promise((resolve, reject) =>
    setTimeout(() => {
      try {
        resolve(end());
      } catch (error) {
        reject(error as Error);
      }
    }, ms),
  );

it('is not noticed by work that ends in time, however it ends', async () => {
  const done = withDeadline(
    after(99, () => 'done'),
    100,
  );
  const failed = withDeadline(
    after(99, () => {
      throw new Error('failed');
    }),
    100,
  );
  const noticed = expect(failed).rejects.toThrow('failed');
  await vi.advanceTimersByTimeAsync(99);
  expect(await done).toBe('done');
  await noticed;
  expect(vi.getTimerCount()).toBe(0);
});

it('ends the waiting for work that takes longer', async () => {
  const late = expect(
    withDeadline(
      after(101, () => 'done'),
      100,
    ),
  ).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: 'The operation took longer than 100 ms; ask for less, or try again. A mutation may still take effect.',
    details: { reason: 'DEADLINE_EXCEEDED', limit: 'OPERATION_TIMEOUT_MS', maximum: 100, retryAfterMs: 1000 },
  });
  await vi.advanceTimersByTimeAsync(100);
  await late;
});

it('of 0 is none', async () => {
  const done = withDeadline(
    after(1e6, () => 'done'),
    0,
  );
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(1e6);
  expect(await done).toBe('done');
});
