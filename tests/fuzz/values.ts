import fc from 'fast-check';

/** What breaks programs that trust their input: in text, numbers, ids and shapes. */
const hostileTexts: readonly string[] = [
  '',
  ' ',
  '\u0000',
  'nul \u0000 inside',
  '\uD800',
  '\uFEFF',
  '☃ € 𝔘𝔫𝔦',
  '__proto__',
  'constructor',
  'toString',
  "'; DROP TABLE sessions; --",
  '$1',
  '%s%n',
  '%',
  '_',
  '\\',
  '<mark>&amp;',
  '{"a":1}',
  '[]',
  'null',
  '1e999',
  '-0',
  '9007199254740993',
  'infinity',
  '2026-02-31T00:00:00Z',
  '2026-01-31T12:00:00.000Z',
  '0000-01-01',
  '+275760-09-13T00:00:00.000Z',
  '"',
  '& | ! ( ) <-> :*',
  'a'.repeat(3000),
];

export const hostileNumbers: readonly number[] = [
  0,
  -0,
  1,
  -1,
  100,
  101,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  2 ** 53,
  -(2 ** 53),
  1e308,
  Number.MIN_VALUE,
  0.5,
];

/** Ids of rows in tests/support/world.ts: the viewer's own, and those of others. */
const keys = [
  'anna', 'boris', 'carla', 'adam', 'trip-anna', 'notes-anna', 'closed-anna', 'deleted-anna', 'work-boris',
  'plan-carla', 'unowned', 'trip-anna-1', 'trip-anna-4', 'work-boris-1', 'plan-carla-1', 'unowned-1',
  'deleted-anna-1', 'approval-anna-1', 'approval-boris', 'approval-carla', 'audit-anna-1', 'audit-boris',
  'audit-nobody', 'token-anna-1', 'token-boris', 'usage-carla', 'event-carla', 'switch-carla', 'client-app',
]; // prettier-ignore
const types = ['Session', 'Message', 'User', 'Approval', 'AuditLog', 'ToolCall', 'RefreshToken', 'ChatEvent', 'Viewer'];

const globalId = (type: string, key: string): string => Buffer.from(`${type}:${key}`).toString('base64url');

export const ids: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...keys),
  fc.tuple(fc.constantFrom(...types), fc.constantFrom(...keys)).map(([type, key]) => globalId(type, key)),
  fc.tuple(fc.constantFrom(...types), fc.string()).map(([type, key]) => globalId(type, key)),
  fc.constantFrom(...hostileTexts),
);

export const texts: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...hostileTexts),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  ids,
);

/** Anything that JSON can say, and some things that are only nearly what is asked for. */
export const values: fc.Arbitrary<unknown> = fc.oneof(
  texts,
  fc.constantFrom(...hostileNumbers),
  fc.boolean(),
  fc.constant(null),
  fc.array(ids, { maxLength: 4 }),
  fc.jsonValue({ maxDepth: 4 }),
  fc.dictionary(fc.constantFrom('__proto__', 'id', 'first', 'sessionId', 'constructor', 'status'), texts, {
    maxKeys: 4,
  }),
);
