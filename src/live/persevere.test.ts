import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { notFound, unavailable } from '../shared/errors.ts';
import { isAway, persevere } from './persevere.ts';

beforeEach(() => {
  vi.useFakeTimers();
  // The longest pauses that there can be.
  vi.spyOn(Math, 'random').mockReturnValue(1);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const never = new AbortController().signal;
const away = (): never => {
  throw unavailable('The database');
};

it.each([
  [unavailable('The database'), true],
  [notFound('A session'), false],
  [new Error('broken'), false],
  [undefined, false],
])('of %s the database is away: %s', (error, expected) => {
  expect(isAway(error)).toBe(expected);
});

it('tries less and less often until there is an answer', async () => {
  const began = Date.now();
  const tries: number[] = [];
  const answer = persevere(() => {
    tries.push(Date.now() - began);
    return tries.length < 12 ? away() : 'there';
  }, never);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await answer).toBe('there');
  expect(tries).toEqual([0, 50, 150, 350, 750, 1550, 3150, 6350, 11_350, 16_350, 21_350, 26_350]);
});

it('leaves any other failure to who asked', async () => {
  await expect(persevere(() => Promise.reject(new Error('broken')), never)).rejects.toThrow('broken');
});

it('gives up at once when nobody wants the answer any more', async () => {
  const leaving = new AbortController();
  const attempt = vi.fn<() => never>(away);
  const answer = persevere(attempt, leaving.signal);
  await vi.advanceTimersByTimeAsync(10);
  leaving.abort();
  expect(await answer).toBeUndefined();
  expect(await persevere(attempt, leaving.signal)).toBeUndefined();
  expect(attempt).toHaveBeenCalledTimes(1);
});
