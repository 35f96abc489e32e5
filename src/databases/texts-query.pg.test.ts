import { sql, raw, type Sql } from '../shared/sql.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testDatabases, type TestDatabases } from '../../tests/support/databases.ts';

let test: TestDatabases;
beforeAll(async () => {
  test = await testDatabases();
});
afterAll(() => test.close());

const rows = (statement: Sql): Promise<unknown[][]> => test.databases.auth.queryRows(statement);

const values = [
  'plain',
  '',
  'Иван "quoted" \\ {,} \u{1f600}',
  null,
  42,
  true,
  new Date('2026-01-02T03:04:05.678Z'),
  ['a', 'b'],
  ['with "quotes"', 'back\\slash', 'com,ma', '', 'NULL', '{}'],
  ['a', null],
  [],
  { json: ['x'] },
  Buffer.from([0, 1, 255]),
];
const types = ['text', 'text', 'text', 'text', 'int', 'boolean', 'timestamptz']
  .concat(Array.from({ length: 4 }, () => 'text[]'))
  .concat('jsonb', 'bytea');

it.each([1, 2, 3])('sends all kinds of values as pg does, the %i. time too', async () => {
  const columns = values.map((value, index) => sql`${value}::${raw(types[index] as string)}::text`);
  const list = columns.slice(1).reduce((all, column) => sql`${all}, ${column}`, sql`SELECT ${columns[0]}`);
  const client = await test.service.auth.connect();
  try {
    await client.query("SET TIME ZONE 'UTC'");
    const expected = await client.query({ text: list.text, values: list.values, rowMode: 'array' });
    expect(await rows(list)).toEqual(expected.rows);
  } finally {
    client.release(true);
  }
});

it('gives what PostgreSQL prints, and values of what has no JSON text', async () => {
  const read = sql`SELECT 1::int8, 1.50::numeric, true, NULL::text, 'x'::text, '{"b": 1,"a":2}'::json,
    '{"b": 1,"a":2}'::jsonb, ARRAY['a', NULL, 'b'], '\\x00ff'::bytea`;
  const printed = ['1', '1.50', 't', null, 'x', '{"b": 1,"a":2}', '{"a": 2, "b": 1}', ['a', null, 'b'], '\\x00ff'];
  for (let time = 0; time < 3; time += 1) expect(await rows(read)).toEqual([printed]);
  expect(await rows(sql`SELECT 1 WHERE false`)).toEqual([]);
});

it('goes on with the next statement after one that failed', async () => {
  const divide = (by: number): Sql => sql`SELECT (10 / ${by}::int)::text`;
  for (let time = 0; time < 3; time += 1) {
    expect(await rows(divide(2))).toEqual([['5']]);
    await expect(rows(divide(0))).rejects.toMatchObject({ code: '22012' });
    await expect(rows(sql`SELECT nothing_like_it`)).rejects.toMatchObject({ code: '42703' });
  }
  expect(await rows(divide(5))).toEqual([['2']]);
});

it('reads on when a table that it reads has got another column', async () => {
  const { auth } = test.service;
  await auth.query('CREATE TABLE public.changing (a int); INSERT INTO public.changing VALUES (1)');
  await auth.query('GRANT SELECT ON public.changing TO PUBLIC');
  const read = sql`SELECT * FROM public.changing`;
  expect(await rows(read)).toEqual([['1']]);
  await auth.query("ALTER TABLE public.changing ADD COLUMN b text[] DEFAULT '{x}'");
  const answers = await Promise.allSettled(Array.from({ length: 30 }, () => rows(read)));
  // A connection that has the statement from before is refused its plan, and given up.
  const given = answers.filter((answer) => answer.status === 'fulfilled').map(({ value }) => value);
  expect(new Set(given.map((value) => JSON.stringify(value)))).toEqual(new Set(['[["1",["x"]]]']));
  expect(await rows(read)).toEqual([['1', ['x']]]);
});
