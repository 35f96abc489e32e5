import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { LargeBodies } from './large-bodies.ts';

it('reads those of a caller one after the other, and lets no caller wait for another', async () => {
  const bodies = new LargeBodies();
  const steps: string[] = [];
  const read = (key: string, name: string): Promise<string> =>
    bodies.inTurn(key, 100_000, async () => {
      steps.push(`${name} begins`);
      await sleep(5);
      steps.push(`${name} ends`);
      return name;
    });
  expect(await Promise.all([read('a', 'a1'), read('a', 'a2'), read('b', 'b1')])).toEqual(['a1', 'a2', 'b1']);
  expect(steps).toEqual(['a1 begins', 'b1 begins', 'a1 ends', 'b1 ends', 'a2 begins', 'a2 ends']);
});

it('leaves time between them, by their length', async () => {
  const bodies = new LargeBodies();
  const started = performance.now();
  await Promise.all([1, 2, 3].map(() => bodies.inTurn('a', 250_000, () => Promise.resolve())));
  expect(performance.now() - started).toBeGreaterThan(195);
});

it('goes on after one that failed', async () => {
  const bodies = new LargeBodies();
  const failed = bodies.inTurn('a', 1000, () => Promise.reject(new Error('gone')));
  const next = bodies.inTurn('a', 1000, () => Promise.resolve('read'));
  await expect(failed).rejects.toThrow('gone');
  expect(await next).toBe('read');
});
