import { describe, expect, it } from 'vitest';
import { seededRandom } from './random.ts';

const numbers = (seed: number): number[] => {
  const random = seededRandom(seed);
  return Array.from({ length: 1000 }, () => random.next());
};

describe('seededRandom', () => {
  it('gives the same numbers for the same seed and others for another', () => {
    expect(numbers(7)).toEqual(numbers(7));
    expect(numbers(7)).not.toEqual(numbers(8));
  });

  it('spreads them evenly', () => {
    const tenths = Map.groupBy(numbers(42), (number) => Math.floor(number * 10));
    expect([...tenths.keys()].toSorted((one, other) => one - other)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const tenth of tenths.values()) expect(tenth.length).toBeGreaterThan(60);
  });

  it('forks generators that do not depend on how far the first one is', () => {
    const early = seededRandom(3);
    const late = seededRandom(3);
    late.next();
    expect(early.fork('writer').next()).toBe(late.fork('writer').next());
    expect(early.fork('writer').next()).not.toBe(early.fork('reader').next());
  });

  it('shuffles without losing anything', () => {
    const items = Array.from({ length: 50 }, (_, index) => index);
    const shuffled = seededRandom(1).shuffled(items);
    expect(shuffled).not.toEqual(items);
    expect(shuffled.toSorted((one, other) => one - other)).toEqual(items);
  });
});
