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

it('lets go first what was asked for longest ago', () => {
  const cache = new ByteCache<number>(400);
  for (const key of ['a', 'b', 'c']) {
    cache.set(key, 1, 100);
    cache.get(key);
  }
  cache.get('a');
  cache.set('d', 1, 100);
  cache.get('d');
  expect(cache.bytes).toBe(300);
  expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key))).toEqual([1, undefined, 1, 1]);
});

it('lets nothing go for what is too large to be kept', () => {
  const cache = new ByteCache<number>(400);
  cache.set('small', 1, 100);
  cache.set('large', 1, 101);
  expect([cache.get('large'), cache.get('small')]).toEqual([undefined, 1]);
});
