import type { GraphQLFormattedError } from 'graphql';

const graphqlResponseType = 'application/graphql-response+json';
const jsonType = 'application/json';

/** What a client wants to read; the older type unless it asks for the newer one. */
export function contentTypeFor(accept: string | undefined): string {
  const types = (accept ?? '').split(',').map((range) => range.split(';', 1)[0]?.trim().toLowerCase());
  const newer = types.indexOf(graphqlResponseType);
  const older = types.indexOf(jsonType);
  return newer !== -1 && (older === -1 || newer < older) ? graphqlResponseType : jsonType;
}

const statuses: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  RATE_LIMITED: 429,
  UNAVAILABLE: 503,
  INTERNAL_SERVER_ERROR: 500,
};

/**
 * The status of a refusal. GraphQL over HTTP wants 200 for a document that is not in order where the answer is
 * `application/json`, which proxies may have made up, and 400 where only a GraphQL server can have answered.
 */
export function statusOf(errors: readonly GraphQLFormattedError[], contentType: string): number {
  const code = String(errors[0]?.extensions?.['code']);
  return statuses[code] ?? (contentType === graphqlResponseType ? 400 : 200);
}

const reasons: Readonly<Record<string, number>> = {
  METHOD_NOT_ALLOWED: 405,
  TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
};

/** The same for a request that is none: without a document there is nothing that could be answered with 200. */
export function malformedStatusOf(errors: readonly GraphQLFormattedError[]): number {
  const { code, reason } = errors[0]?.extensions ?? {};
  return reasons[String(reason)] ?? statuses[String(code)] ?? 400;
}
