import { expect, test } from 'vitest';
import { splitScript } from './sql-script.ts';

const sqlOf = (script: string): string[] =>
  splitScript(script).map((step) => ('sql' in step ? step.sql : step.connect));

test('a semicolon ends a statement, and the last one needs none', () => {
  expect(splitScript('SELECT 1;\n\nSELECT 2')).toEqual([{ sql: 'SELECT 1' }, { sql: 'SELECT 2' }]);
});

test.each([
  ['a string', `SELECT 'a;b'`],
  ['a string with a quote in it', `SELECT 'it''s; so'`],
  ['an escape string', String.raw`SELECT E'it\'s; so'`],
  ['a name', `SELECT 1 AS "a;""b"`],
  ['a dollar quote', 'DO $$ BEGIN; END $$'],
  ['a dollar quote with a tag and another one inside', 'DO $body$ SELECT $$;$$; $body$'],
])('a semicolon in %s ends nothing', (_, sql) => {
  expect(sqlOf(`${sql}; SELECT 2`)).toEqual([sql, 'SELECT 2']);
});

test('comments are left out, whatever they hold', () => {
  expect(sqlOf(`-- it's; one\nSELECT 1 /* ; ' $$ */ + 1; -- two;`)).toEqual(['SELECT 1  + 1']);
});

test('a backslash is nothing special in a plain string', () => {
  expect(sqlOf(String.raw`SELECT 'C:\'; SELECT 'D'`)).toEqual([String.raw`SELECT 'C:\'`, `SELECT 'D'`]);
});

test('a name with a dollar sign starts no dollar quote', () => {
  expect(sqlOf('SELECT a$b$ FROM c; SELECT d$b$ FROM e')).toHaveLength(2);
});

test('\\connect on a line of its own changes the database', () => {
  expect(splitScript('SELECT 1;\n\\connect auth_db\nSELECT 2;')).toEqual([
    { sql: 'SELECT 1' },
    { connect: 'auth_db' },
    { sql: 'SELECT 2' },
  ]);
  expect(splitScript(`SELECT '\n\\connect auth_db\n'`)).toHaveLength(1);
});
