import { expect, it } from 'vitest';
import { empty, join, raw, sql, type Sql } from './sql.ts';

const made = ({ text, values }: Sql): [string, unknown[]] => [text, values];

it('numbers the values of what is nested in the order in which they stand', () => {
  const inner = sql`b = ${2} AND c = ${3}`;
  const outer = sql`SELECT ${raw('x, y')} FROM t WHERE a = ${1} AND (${inner})${empty} AND d = ${4}`;
  expect(made(outer)).toEqual(['SELECT x, y FROM t WHERE a = $1 AND (b = $2 AND c = $3) AND d = $4', [1, 2, 3, 4]]);
  expect(outer.sql).toBe('SELECT x, y FROM t WHERE a = ? AND (b = ? AND c = ?) AND d = ?');
  expect(outer.strings.length).toBe(5);
  expect(made(inner)).toEqual(['b = $1 AND c = $2', [2, 3]]);
});

it('finds the same string again for other values', () => {
  const make = (value: number, order: string): Sql => sql`SELECT ${value} ORDER BY ${raw(order)}`;
  expect(Object.is(make(1, 'a').text, make(2, 'a').text)).toBe(true);
  expect(make(1, 'b').text).toBe('SELECT $1 ORDER BY b');
});

it('takes a value and SQL in the same place for two texts', () => {
  const pair = (one: unknown, other: unknown): Sql => sql`(${one}|${other})`;
  const one = (part: unknown): Sql => sql`[${part}]`;
  const k = raw('k');
  expect(made(pair(one(1), k))).toEqual(['([$1]|k)', [1]]);
  expect(made(pair(one(k), 1))).toEqual(['([k]|$1)', [1]]);
  expect(made(pair(one(k), k))).toEqual(['([k]|k)', []]);
  expect(made(pair(1, one(2)))).toEqual(['($1|[$2])', [1, 2]]);
});

it('joins values and SQL, however many', () => {
  expect(made(join([1, sql`f(${2})`, raw('x')], ' + '))).toEqual(['$1 + f($2) + x', [1, 2]]);
  expect(made(join([1, 2], ' AND '))[0]).toBe('$1 AND $2');
  expect(made(join([1, 2]))[0]).toBe('$1,$2');
  const many = Array.from({ length: 150 }, (_, index) => index);
  expect(join(many).values).toEqual(many);
  expect(join(many).text.endsWith(',$150')).toBe(true);
  expect(() => join([])).toThrow('nothing to join');
});

it('stays right when more texts come than are kept', () => {
  for (let n = 0; n < 120_000; n += 1) void sql`SELECT ${raw(String(n))}`.text;
  expect(made(sql`SELECT ${raw('1')}, ${1}`)).toEqual(['SELECT 1, $1', [1]]);
});
