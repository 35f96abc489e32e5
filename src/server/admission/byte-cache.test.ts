import { expect, it } from 'vitest';
import { ByteCache } from './byte-cache.ts';

it('keeps what is asked for again through a flood of what is not', () => {
  const cache = new ByteCache<number>(1000);
  cache.set('known', 1, 100);
  expect(cache.get('known')).toBe(1);
  for (let key = 0; key < 1000; key += 1) cache.set(`once ${key}`, key, 100);
  expect(cache.get('known')).toBe(1);
  expect(cache.get('once 0')).toBeUndefined();
  expect(cache.get('once 999')).toBe(999);
});

it('never holds more bytes than it may', () => {
  const cache = new ByteCache<number>(1000);
  for (let key = 0; key < 100; key += 1) {
    cache.set(`key ${key}`, key, 90);
    cache.get(`key ${key}`);
    expect(cache.bytes).toBeLessThanOrEqual(1000);
  }
  cache.set('huge', 1, 2000);
  expect(cache.get('huge')).toBeUndefined();
});

it('counts a value that is set again once', () => {
  const cache = new ByteCache<number>(1000);
  for (let turn = 0; turn < 10; turn += 1) cache.set('same', turn, 100);
  expect(cache.bytes).toBe(100);
});
