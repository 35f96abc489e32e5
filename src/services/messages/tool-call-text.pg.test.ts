import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testDatabases, type TestDatabases } from '../../../tests/support/databases.ts';
import { sql } from '../../shared/sql.ts';
import { askedCallsOf } from './tool-call-text.ts';

let test: TestDatabases;
beforeAll(async () => {
  test = await testDatabases();
});
afterAll(async () => test.close());

type Ids = readonly (string | null)[];

async function idsInSql(texts: readonly string[]): Promise<Ids[]> {
  const rows = await test.databases.agentRuntime.query<{ ids: Ids | null }>(
    sql`SELECT scrollback.asked_call_ids(text) AS ids FROM unnest(${texts}::text[]) WITH ORDINALITY AS t (text, place) ORDER BY place`,
  );
  return rows.map(({ ids }) => ids ?? []);
}

const idsOf = (text: string): Ids => askedCallsOf(text).map(({ callId }) => callId);

async function expectSameIds(texts: readonly string[]): Promise<void> {
  const inSql = await idsInSql(texts);
  expect(texts.map((text, index) => [text, inSql[index]])).toEqual(texts.map((text) => [text, idsOf(text)]));
}

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

const known: readonly (readonly [string, Ids])[] = [
  [String.raw`[{"id":"a","arguments":"half \ud83d"},{"id":"b"}]`, ['a', 'b']],
  [String.raw`[{"id":"a","arguments":"\u0000\u0000"},"\uDE00"]`, ['a', null]],
  [String.raw`{"id":"a","\u0000":1}`, ['a']],
  [String.raw`[{"id":"\ud83d\ud83d\ude00\ude00\uD83d"}]`, ['\ufffd\ud83d\ude00\ufffd\ufffd']],
  [String.raw`[{"id":"\\ud83d\\\ud83d\\\\u0000\\ud83d\udc00"}]`, ['\\ud83d\\\ufffd\\\\u0000\\ud83d\ufffd']],
  [String.raw`[{"id":"a\u0000"},{"id":"\u0000"},{"id":""}]`, ['a\ufffd', '\ufffd', null]],
  [String.raw`[{"id":"\U0000"}]`, [null]],
  [String.raw`[{"id":"a"},{"id":"\ud83d"}`, [null]],
  [
    '[{"id":12345678901234567890},{"id":1.0},{"id":1E2},{"id":-0},{"id":"b"}]',
    ['12345678901234567890', '1.0', '1E2', '-0', 'b'],
  ],
  ['\u00a0', [null]],
  ['\u00a0null', [null]],
  [' \t\r\n', []],
  [` null\n`, []],
  [`[{"id":"a","deep":${nested(198)}}]`, ['a']],
  [`[{"id":"a","deep":${nested(199)}},{"id":"b"}]`, [null]],
  [`[{"id":"a","deep":${nested(199)},"deep":1},{"id":"b"}]`, [null]],
  [`[{"id":"a","wide":"${nested(300)}","wider":[${'[],{},'.repeat(300)}1]}]`, ['a']],
  [String.raw`[{"id":"a","text":"\"\\","deep":${nested(198)},"\ud800":"\\\"${nested(9)}"}]`, ['a']],
  [nested(100_000), [null]],
];

it.each(known.map(([text, ids]) => ({ begin: text.slice(0, 60), text, ids })))(
  'of $begin the ids are the same in SQL',
  async ({ text, ids }) => {
    expect(idsOf(text)).toEqual(ids);
    expect(await idsInSql([text])).toEqual([ids]);
  },
);

const characters = ['a', '7', ' ', '[', '}', '\u00a0', 'ж', '😀', '\u2028', '\u007f', 'u0000', 'ud83d', '\ufffd'];
const escapes =
  String.raw`\\ \" \/ \n \u0061 \u005c \u005C \u0022 \u00e9 \ufffd \uFFFF \ud7ff \uE000 \ud83d\ude00`.split(' ');
const refusedEscapes = String.raw`\u0000 \ud83d \uD83D \uDbFf \ude00 \uDE00 \udC00`.split(' ');
const pieces = fc.constantFrom(...characters, ...escapes, ...refusedEscapes);
/** Now and then what makes of JSON a text that is none. */
const wrongPieces = fc.constantFrom('\\', '"', '\\u', '\\ud8', '\\x', '\\U0000', '\n', '\t', '\u0001');
const strings = fc
  .array(fc.oneof({ weight: 60, arbitrary: pieces }, { weight: 1, arbitrary: wrongPieces }), { maxLength: 6 })
  .map((parts) => `"${parts.join('')}"`);
const numbers = fc.oneof(
  fc.constantFrom(
    '0',
    '-0',
    '1.0',
    '1e2',
    '1E+2',
    '0.10',
    '1e400',
    '-1e-400',
    '12345678901234567890',
    '9007199254740993',
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom('01', '+1', '.5', '1.', '-', 'NaN', 'Infinity', '0x1'),
);
const spaces = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom('', '', '', ' ', '\n', '\t\r ') },
  { weight: 1, arbitrary: fc.constantFrom('\u00a0', '\ufeff', '\v', '\f', '\u2003') },
);
const keys = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('"id"', '"\\u0069d"', '"i\\u0064"') },
  { weight: 4, arbitrary: fc.constantFrom('"function"', '"name"', '"arguments"', '"__proto__"', '"ID"', '""') },
  { weight: 1, arbitrary: strings },
);
const depths = fc.oneof(
  { weight: 30, arbitrary: fc.nat(3) },
  { weight: 1, arbitrary: fc.integer({ min: 195, max: 205 }) },
);

const { value } = fc.letrec<Record<'value' | 'padded' | 'list' | 'object' | 'deep', string>>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    { weight: 4, arbitrary: strings },
    { weight: 2, arbitrary: numbers },
    { weight: 1, arbitrary: fc.constantFrom('null', 'true', 'false', 'nul') },
    { weight: 4, arbitrary: tie('object') },
    { weight: 3, arbitrary: tie('list') },
    { weight: 1, arbitrary: tie('deep') },
  ),
  padded: fc.tuple(spaces, tie('value'), spaces).map((parts) => parts.join('')),
  list: fc.array(tie('padded'), { maxLength: 4 }).map((items) => `[${items.join()}]`),
  object: fc
    .array(fc.tuple(spaces, keys, spaces, tie('padded')), { maxLength: 4 })
    .map((entries) => `{${entries.map(([before, key, after, item]) => `${before}${key}${after}:${item}`).join()}}`),
  deep: fc
    .tuple(depths, fc.constantFrom(['[', ']'], ['{"id":', '}']), tie('value'))
    .map(([levels, [open = '', close = ''], item]) => open.repeat(levels) + item + close.repeat(levels)),
}));

const calls = fc
  .array(fc.tuple(fc.oneof(strings, numbers, value), fc.oneof(strings, value)), { maxLength: 4 })
  .map(
    (items) => `[${items.map(([id, given]) => `{"id":${id},"function":{"name":"f","arguments":${given}}}`).join()}]`,
  );

const cutOff = (text: string, share: number): string => text.slice(0, Math.floor(text.length * share)).toWellFormed();

const texts = fc.oneof(
  { weight: 6, arbitrary: calls },
  { weight: 4, arbitrary: fc.tuple(spaces, value, spaces).map((parts) => parts.join('')) },
  {
    weight: 1,
    arbitrary: fc.tuple(calls, fc.double({ min: 0, max: 1, noNaN: true })).map(([text, share]) => cutOff(text, share)),
  },
  {
    weight: 1,
    arbitrary: fc.array(fc.oneof(spaces, pieces, wrongPieces), { maxLength: 5 }).map((parts) => parts.join('')),
  },
);

it('of whatever texts the ids are the same in SQL', async () => {
  await fc.assert(fc.asyncProperty(fc.array(texts, { minLength: 20, maxLength: 40 }), expectSameIds), { numRuns: 200 });
});
