import { expect, it } from 'vitest';
import { DateTime } from './scalars.ts';

it.each([
  ['2026-01-31T12:00:00.000Z', '2026-01-31T12:00:00.000Z'],
  ['2026-01-31T12:00:00+03:00', '2026-01-31T09:00:00.000Z'],
  ['2026-01-31', '2026-01-31T00:00:00.000Z'],
  ['2024-02-29T23:59:59.123456Z', '2024-02-29T23:59:59.123Z'],
])('%s is a moment', (text, moment) => {
  expect(DateTime.parseValue(text).toISOString()).toBe(moment);
});

it.each(['2026-02-31T00:00:00Z', '2026-13-01', '2026-01-31T12:00:00', '31.01.2026', '', 'now', 1, null])(
  '%s is none',
  (value) => {
    expect(() => DateTime.parseValue(value)).toThrow('ISO 8601');
  },
);
