import { expect } from 'vitest';
import { withoutCost, type Credentials, type GraphQLAnswer, type TestGateway } from './gateway.ts';

/** Who asks: a token's holder, an internal service with its key, or nobody. */
export type Asker = Credentials | 'internal' | null;

export async function ask(
  gateway: TestGateway,
  asker: Asker,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<GraphQLAnswer> {
  if (asker !== 'internal') return gateway.query(asker, query, variables);
  const response = await fetch(gateway.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-internal-auth': gateway.internalApiKey },
    body: JSON.stringify({ query, variables }),
  });
  return withoutCost((await response.json()) as GraphQLAnswer);
}

/** The value at a path like `session.messages.nodes.0.id`; the answer must be without errors. */
export function pick(answer: GraphQLAnswer, path: string): unknown {
  expect(answer.errors).toBeUndefined();
  return path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], answer.data);
}

/** Codes of the contract, in the order of the errors. */
export const codesOf = (answer: GraphQLAnswer): unknown[] =>
  (answer.errors ?? []).map(({ extensions }) => extensions['code']);

/** The global id of a row, as clients get it in `id`. */
export const globalIdOf = (type: string, key: string): string => Buffer.from(`${type}:${key}`).toString('base64url');
