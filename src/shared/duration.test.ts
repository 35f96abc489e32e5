import { expect, test } from 'vitest';
import { parseDuration } from './duration.ts';

test.each([
  ['30s', 30],
  ['15m', 900],
  ['1h', 3600],
  ['7d', 604_800],
])('%s is %d seconds', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});

test.each(['', '15', 'm', '-1m', '1.5h', '0s', '1w', '15 m', '15m30s', '9999999999d'])('%o is refused', (text) => {
  expect(() => parseDuration(text)).toThrow('write it like 30s, 15m, 1h or 7d');
});
