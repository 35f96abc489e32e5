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

/** Everything is late by so much, for longer than between two looks. */
async function holdUp(ms: number): Promise<void> {
  const end = performance.now() + 1200;
  while (performance.now() < end) {
    const turn = performance.now() + ms;
    while (performance.now() < turn);
    await setTimeout(0);
  }
}

it('is while the process is late with everything, and no longer', async () => {
  overload = new Overload({ lagMs: 60, waitingReads: 0 }, { waitingReads: () => 1e9 });
  expect(overload.refusal()).toBeNull();
  await holdUp(120);
  expect(overload.refusal()).toMatchObject(of('OVERLOAD_LAG_MS'));
  await expect.poll(() => overload.refusal(), { timeout: 10_000 }).toBeNull();
});

it('is not where being late does not matter', async () => {
  overload = new Overload({ lagMs: 0, waitingReads: 0 }, { waitingReads: () => 0 });
  await holdUp(120);
  expect(overload.refusal()).toBeNull();
});
