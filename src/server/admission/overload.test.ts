import { setTimeout } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { Overload } from './overload.ts';

let overload: Overload;
afterEach(() => overload.stop());

const of = (limit: string): object => ({
  code: 'UNAVAILABLE',
  message: 'The gateway has too much to do at the moment; try again shortly.',
  details: { reason: 'OVERLOADED', limit, retryAfterMs: 2000 },
});

function waiting(reads: number, limit: number): Overload {
  overload = new Overload({ lagMs: 0, waitingReads: limit }, { waitingReads: () => reads });
  return overload;
}

it('is when more waits for the databases than may', () => {
  expect(waiting(3, 3).refusal()).toBeNull();
  overload.stop();
  expect(waiting(4, 3).refusal()).toMatchObject(of('OVERLOAD_WAITING_READS'));
  overload.stop();
  expect(waiting(4, 0).refusal()).toBeNull();
});

/** A few turns of the loop that take so long each: far longer than a busy machine makes them. */
async function holdUp(ms: number): Promise<void> {
  for (const _ of [1, 2, 3]) {
    const end = performance.now() + ms;
    while (performance.now() < end);
    await setTimeout(0);
  }
}

it.each([
  ['shorter', 400, 300],
  ['longer', 800, 500],
])('is while all turns are late, each %s than the time between two looks, and no longer', async (_what, ms, lagMs) => {
  overload = new Overload({ lagMs, waitingReads: 0 }, { waitingReads: () => 1e9 });
  expect(overload.refusal()).toBeNull();
  await holdUp(ms);
  expect(overload.refusal()).toMatchObject(of('OVERLOAD_LAG_MS'));
  await expect.poll(() => overload.refusal(), { timeout: 10_000 }).toBeNull();
});

it('is not where being late does not matter', async () => {
  overload = new Overload({ lagMs: 0, waitingReads: 0 }, { waitingReads: () => 0 });
  await holdUp(400);
  expect(overload.refusal()).toBeNull();
});
