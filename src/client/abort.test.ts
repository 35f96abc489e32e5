import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { sleep } from './abort.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('sleep ends when its signal aborts, and leaves no timer behind', async () => {
  const waking = new AbortController();
  const asleep = sleep(60_000, waking.signal);
  expect(vi.getTimerCount()).toBe(1);
  waking.abort();
  await asleep;
  expect(vi.getTimerCount()).toBe(0);
});

it('sleep ends when its time has come', async () => {
  const asleep = sleep(60_000, new AbortController().signal);
  await vi.advanceTimersByTimeAsync(60_000);
  await expect(asleep).resolves.toBeUndefined();
});

it('sleep does not begin when its signal has aborted already', async () => {
  await sleep(60_000, AbortSignal.abort());
  expect(vi.getTimerCount()).toBe(0);
});
