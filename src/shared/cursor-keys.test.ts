import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CursorKeys, type CursorKey } from './cursor-keys.ts';

const key = (id: number): CursorKey => ({ id, secret: Buffer.from(`secret of ${id}`) });
const now = 1_800_000_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: now * 1000 });
});
afterEach(() => {
  vi.useRealTimers();
});

it('seals with the newest key and opens with every one, in whatever order they come', () => {
  const [old, middle, newest] = [key(100), key(200), key(300)];
  for (const keys of [
    [old, middle, newest],
    [newest, old, middle],
  ]) {
    const known = new CursorKeys(1, keys);
    expect(known.current).toBe(newest);
    expect(keys.map(({ id }) => known.find(id))).toEqual(keys);
    expect(known.realm).toBe(1);
  }
});

it('tells of a key that it does not know how it stands to those it knows', () => {
  const known = new CursorKeys(0, [key(300), key(100)]);
  expect(known.find(99)).toBe('retired');
  expect(known.find(200)).toBe('unknown');
  expect(known.find(301)).toBe('lost');
  expect(known.find(now)).toBe('lost');
  expect(known.find(now + 1)).toBe('unknown');
});

it('cannot do without a key', () => {
  expect(() => new CursorKeys(0, [])).toThrow('There is no key for cursors.');
});
