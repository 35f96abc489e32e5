import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { restAfter } from './leisure.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

async function restMs(tookMs: number, behind: number): Promise<number> {
  const began = performance.now();
  const rested = restAfter(tookMs, behind, new AbortController().signal).then(() => performance.now() - began);
  await vi.runAllTimersAsync();
  return rested;
}

it.each([
  [0, 490],
  [6000, 490],
  [15_000, 70],
  [30_000, 10],
  [1_000_000, 10],
])('rests less the more there is to do: with %d behind, %d ms after 10', async (behind, expected) => {
  expect(await restMs(10, behind)).toBeCloseTo(expected, -1);
});

it('does not rest when it is told to stop', async () => {
  await expect(restAfter(1e6, 0, AbortSignal.abort())).resolves.toBeUndefined();
});
