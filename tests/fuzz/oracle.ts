import { expect } from 'vitest';

const codes = new Set([
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'BAD_USER_INPUT',
  'CONFLICT',
  'GONE',
  'RATE_LIMITED',
  'QUERY_TOO_COMPLEX',
  'PERSISTED_QUERY_NOT_FOUND',
  'UNAVAILABLE',
]);

/** What only rows hold that anna may not see (tests/support/world.ts); none of it is ever asked with. */
const othersContent = [
  'Kazan office secrets',
  'Kazan for acme',
  'Kazan of nobody',
  'Kazan deleted',
  'boris@example.org',
  'carla@acme.example',
  'Left by an old service',
  'Delete files',
  'Send mail',
  'wrong password',
  'mallory',
  'secret-of-anna',
  'secret-hash',
  'hash-of-token',
];

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: unknown; readonly extensions?: { readonly code?: string } }[];
}

export function expectNoLeak(text: string): void {
  for (const content of othersContent) expect(text).not.toContain(content);
}

/** An answer that a client can read, with a code of the contract and nothing of anybody else. */
export function expectHonest(text: string): void {
  expectNoLeak(text);
  const { data, errors } = JSON.parse(text) as Answer;
  expect(data !== undefined || (errors?.length ?? 0) > 0).toBe(true);
  for (const error of errors ?? []) {
    expect(typeof error.message).toBe('string');
    expect(codes).toContain(error.extensions?.code);
  }
}
