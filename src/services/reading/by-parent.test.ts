import { expect, it } from 'vitest';
import { byParent } from './by-parent.ts';

type Row = readonly [parent: string, place: number];
const grouped = (rows: readonly Row[]): unknown[] => [
  ...byParent(rows, { parent: ([parent]) => parent, place: ([, place]) => place }),
];
const [a1, a2, a3, b1, b2]: Row[] = [
  ['a', 1],
  ['a', 2],
  ['a', 3],
  ['b', -2],
  ['b', -1],
] as const;

it('keeps what comes in order', () => {
  expect(grouped([a1, a2, a3, b1, b2])).toEqual([
    ['a', [a1, a2, a3]],
    ['b', [b1, b2]],
  ]);
  expect(grouped([])).toEqual([]);
});

it.each([
  ['turned around', [a3, a2, a1, b2, b1]],
  ['mixed', [a1, b1, a2, b2, a3]],
  ['both', [b2, a2, a3, b1, a1]],
])('puts in order what comes %s', (_, rows) => {
  expect(new Map(grouped(rows) as [string, Row[]][])).toEqual(
    new Map([
      ['a', [a1, a2, a3]],
      ['b', [b1, b2]],
    ]),
  );
});
