import { buildSchema } from 'graphql';
import { expect, it } from 'vitest';
import { limitsOf } from '../../config/limits.ts';
import { settingsSchema } from '../../config/settings.ts';
import { documentChecker } from './check-document.ts';

const { document: limits } = limitsOf(settingsSchema.parse({ MAX_DEPTH: '2' }));
const check = documentChecker(buildSchema('type Query { a: Int, b: Query }'), limits);

it.each([
  ['{ a }', []],
  ['{ __schema { __typename } }', []],
  ['{ first second }', ['Cannot query field "first" on type "Query".', 'Cannot query field "second" on type "Query".']],
  ['{ b { b { a } } }', ['An operation has at most 2 levels of fields within fields; ask for less depth.']],
])('a gateway would say of %s: %j', (text, expected) => {
  expect(check(text)).toEqual(expected);
});
