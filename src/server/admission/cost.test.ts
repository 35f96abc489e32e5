import { buildSchema, parse, type GraphQLSchema, type OperationDefinitionNode } from 'graphql';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { costOf, valueOf, type Cost } from './cost.ts';

const ours = buildSchema(readFileSync('schema.graphql', 'utf8'));

function costIn(schema: GraphQLSchema, text: string): Cost {
  const document = parse(text);
  return costOf(schema, document, document.definitions[0] as OperationDefinitionNode);
}

const cost = (text: string, variables: Record<string, unknown> = {}): number => valueOf(costIn(ours, text), variables);

it.each([
  ['{ viewer { tenantId } }', 1],
  ['{ session(id: "a") { id owner { id } } }', 2],
  ['{ sessions(first: 7) { nodes { id } } }', 1 + 7],
  ['{ sessions(last: 7) { nodes { id } } }', 1 + 7],
  ['{ sessions { nodes { id } } }', 1 + 50],
  ['{ sessions(first: 100000) { nodes { id } } }', 1 + 200],
  ['{ sessions(first: 0) { nodes { id } } }', 1],
  ['{ sessions(first: 7) { edges { cursor } } }', 1 + 7],
  ['{ sessions(first: 7) { edges { node { id } } } }', 1 + 7],
  ['{ sessions(first: 7) { totalCount } }', 1 + 10],
  ['{ sessions(first: 3) { nodes { messages(first: 5) { nodes { id } } } } }', 1 + 3 * (1 + 1 + 5)],
  ['{ message(id: "a") { toolCalls { id } } }', 1 + 10],
  ['{ nodes(ids: ["a", "b", "c"]) { id } }', 3],
  ['{ searchMessages(query: "a", first: 2) { nodes { id } } }', 10 + 2],
  ['mutation { closeSession(input: { sessionId: "a" }) { session { id } } }', 10 + 2],
  ['subscription { messageAdded(sessionId: "a") { node { id session { id } } } }', 1 + 2],
  [
    '{ a: sessions(first: 5) { ...page } b: sessions(first: 2) { ...page } } fragment page on SessionConnection { nodes { id } }',
    2 + 7,
  ],
  ['{ node(id: "a") { ... on Session { owner { id } } } }', 2],
  ['{ sessions(first: 3) { ... { nodes { id } } } }', 1 + 3],
  ['{ viewer { __typename } }', 1],
  ['{ __schema { types { fields { args { type { name } } } } } }', 100],
  ['{ __type(name: "Session") { fields { args { type { name } } } } }', 100],
])('%s costs %i, whatever the variables', (text, expected) => {
  expect(costIn(ours, text)).toBe(expected);
});

it('takes the sizes of pages from variables, and from their defaults', () => {
  const text = 'query ($n: Int = 3) { sessions(first: $n) { nodes { id } } }';
  expect([
    cost(text),
    cost(text, { n: 9 }),
    cost(text, { n: -5 }),
    cost(text, { n: 'x' }),
    cost(text, { n: 1e9 }),
  ]).toEqual([4, 10, 1, 51, 201]);
});

it.each([
  ['query ($n: Int) { sessions(first: $n) { nodes { id } } }', {}, 1 + 50],
  ['query ($n: Int = null) { sessions(first: $n) { nodes { id } } }', {}, 1 + 50],
  ['query ($n: Int = 3) { sessions(first: $n) { nodes { id } } }', { n: null }, 1 + 50],
  ['query ($n: Int) { sessions(first: null, last: $n) { nodes { id } } }', { n: 9 }, 1 + 9],
  ['query ($n: Int) { sessions(first: $n, last: 4) { nodes { id } } }', {}, 1 + 4],
  ['query ($n: Int) { sessions(first: 3) { nodes { messages(first: $n) { nodes { id } } } } }', { n: 5 }, 1 + 3 * 7],
  ['query ($n: Int) { sessions(first: $n) { nodes { messages(first: 5) { nodes { id } } } } }', { n: 3 }, 1 + 3 * 7],
  [
    'query ($n: Int) { sessions(first: 3) { edges { node { messages(last: $n) { nodes { id } } } } } }',
    { n: 5 },
    1 + 3 * 7,
  ],
  [
    'query ($n: Int, $m: Int) { a: sessions(first: $n) { nodes { id } } b: sessions(last: $m) { nodes { id } } }',
    { n: 2, m: 3 },
    2 + 5,
  ],
])('%s with %o costs %i', (text, variables, expected) => {
  expect(cost(text, variables)).toBe(expected);
});

it.each([
  [{ ids: ['a', 'b'] }, 2],
  [{ ids: 'a' }, 1],
  [{ ids: [] }, 0],
  [{}, 3],
])('of nodes by the ids in %o, with three by default, there are %i', (variables, expected) => {
  expect(cost('query ($ids: [ID!]! = ["x", "y", "z"]) { nodes(ids: $ids) { id } }', variables)).toBe(expected);
});

it('takes a single id for a list of one', () => {
  expect(cost('{ nodes(ids: "a") { id } }')).toBe(1);
  expect(cost('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }')).toBe(1);
});

describe('in another schema', () => {
  const other = buildSchema(`
    type Query { things(skip: Int, first: Int): ThingConnection!, _entities(representations: [String!]!): [Thing]! }
    type Thing { id: ID! }
    type ThingConnection { nodes: [Thing!]!, pageInfo: Boolean }
  `);

  it.each([
    ['{ things(skip: 9, first: 2) { nodes { id } } }', 1 + 2],
    ['{ _entities(representations: ["a", "b"]) { id } }', 2],
  ])('%s costs %i', (text, expected) => {
    expect(costIn(other, text)).toBe(expected);
  });

  it.each([
    'mutation { change { id } }',
    '{ things }',
    '{ nowhere { id } }',
    '{ ...nothing }',
    '{ ... on Nobody { id } }',
  ])('%s brings forth nothing, and so costs nothing', (text) => {
    expect(costIn(other, text)).toBe(0);
  });

  it('a list that is asked for without the ids it needs counts as one', () => {
    expect(costIn(other, '{ _entities { id } }')).toBe(1);
  });
});
