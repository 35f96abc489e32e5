import { buildSchema, parse, type OperationDefinitionNode } from 'graphql';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { costOf, valueOf } from './cost.ts';

const schema = buildSchema(readFileSync('schema.graphql', 'utf8'));

function cost(text: string, variables: Record<string, unknown> = {}): number {
  const document = parse(text);
  return valueOf(costOf(schema, document, document.definitions[0] as OperationDefinitionNode), variables);
}

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
  ['{ __schema { types { fields { args { type { name } } } } } }', 100],
])('%s costs %i', (text, expected) => {
  expect(cost(text)).toBe(expected);
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
  expect(cost('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: ['a', 'b'] })).toBe(2);
});
