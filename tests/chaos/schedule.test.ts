import { describe, expect, it } from 'vitest';
import { seededRandom } from './random.ts';
import { faults, schedule } from './schedule.ts';

const planned = (seed: number) => schedule(seededRandom(seed), 110_000, 5000);

describe('schedule', () => {
  it('is the same for the same seed', () => {
    expect(planned(5)).toEqual(planned(5));
    expect(planned(5)).not.toEqual(planned(6));
  });

  it('has every fault before one comes again, in order of time and within the duration', () => {
    const plan = planned(5);
    const times = plan.map(({ atMs }) => atMs);
    expect(new Set(plan.slice(0, faults.length).map(({ fault }) => fault)).size).toBe(faults.length);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    expect(Math.max(...times)).toBeLessThan(110_000);
  });
});
