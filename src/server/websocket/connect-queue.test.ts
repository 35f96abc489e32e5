import { expect, it } from 'vitest';
import { ConnectQueue } from './connect-queue.ts';

it('lets so many through at once, so many wait in turn, and tells the others to come back', async () => {
  const queue = new ConnectQueue(2, 3);
  const started: number[] = [];
  const gates = Array.from({ length: 6 }, () => Promise.withResolvers<void>());
  const run = (index: number): Promise<unknown> =>
    queue
      .run(async () => {
        started.push(index);
        await gates[index]?.promise;
      })
      .catch((error: unknown) => error);
  const outcomes = gates.map((_, index) => run(index));
  expect(await outcomes[5]).toMatchObject({ code: 'UNAVAILABLE', details: { reason: 'OVERLOADED' } });
  expect(started).toEqual([0, 1]);
  gates[1]?.resolve();
  await outcomes[1];
  await expect.poll(() => started).toEqual([0, 1, 2]);
  for (const gate of gates) gate.resolve();
  await Promise.all(outcomes.slice(0, 5));
  expect(started).toEqual([0, 1, 2, 3, 4]);
});

it('gives the place on when what had it fails', async () => {
  const queue = new ConnectQueue(1, 1);
  await expect(queue.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await queue.run(() => Promise.resolve('next'))).toBe('next');
});
