import { expect, it } from 'vitest';
import { sharedReading } from './shared-reading.ts';

it('reads once for all who ask while a reading is under way, and begins after the last of them has asked', async () => {
  const ends: (() => void)[] = [];
  let readings = 0;
  const ask = sharedReading(() => {
    const number = (readings += 1);
    return new Promise<number>((resolve) => ends.push(() => resolve(number)));
  });
  const first = ask();
  const others = [ask(), ask(), ask()];
  expect(readings).toBe(1);
  ends[0]?.();
  expect(await first).toBe(1);
  await expect.poll(() => readings).toBe(2);
  const late = ask();
  ends[1]?.();
  expect(await Promise.all(others)).toEqual([2, 2, 2]);
  await expect.poll(() => readings).toBe(3);
  ends[2]?.();
  expect(await late).toBe(3);
});

it('tells a failure to those who asked for that reading alone', async () => {
  let readings = 0;
  const ask = sharedReading(async () => {
    readings += 1;
    if (readings === 1) throw new Error('away');
    return readings;
  });
  const [first, second] = [ask(), ask()];
  await expect(first).rejects.toThrow('away');
  expect(await second).toBe(2);
  expect(await ask()).toBe(3);
});

it('begins at once where none is under way, however the last one ended', async () => {
  let readings = 0;
  const ask = sharedReading(async () => {
    readings += 1;
    if (readings === 1) throw new Error('away');
    return readings;
  });
  for (const expected of [1, 2, 3]) {
    const answer = ask();
    expect(readings).toBe(expected);
    await answer.catch(() => undefined);
  }
});
