import type { ServerResponse } from 'node:http';
import type { GraphQLFormattedError } from 'graphql';
import type { ErrorCode } from '../shared/errors.ts';
import { answerAndLeave, isWorthLeaving } from './leave-unread.ts';

export function answerJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = JSON.stringify(body);
  const isLeft = isWorthLeaving(response.req);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    ...headers,
    ...(isLeft ? { 'content-length': Buffer.byteLength(text), connection: 'close' } : {}),
  });
  if (isLeft) answerAndLeave(response, text);
  else response.end(text);
}

/** A refusal before GraphQL is reached, in the shape of a GraphQL answer, so that clients read it like any other. */
export function answerError(
  response: ServerResponse,
  status: number,
  error: { code: ErrorCode; message: string; [detail: string]: unknown },
): void {
  const { message, ...extensions } = error;
  answerJson(response, status, { errors: [{ message, extensions }] }, retryHeaders(extensions));
}

/** Errors as clients see them, with what their codes mean in HTTP. */
export function answerErrors(
  response: ServerResponse,
  status: number,
  errors: readonly GraphQLFormattedError[],
  contentType = 'application/json',
): void {
  answerJson(
    response,
    status,
    { errors },
    { 'content-type': `${contentType}; charset=utf-8`, ...retryHeaders(errors[0]?.extensions ?? {}) },
  );
}

function retryHeaders(extensions: Readonly<Record<string, unknown>>): Record<string, string> {
  const retryAfterMs = extensions['retryAfterMs'];
  return {
    ...(typeof retryAfterMs === 'number' ? { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) } : {}),
    ...(extensions['code'] === 'UNAUTHENTICATED' ? { 'www-authenticate': 'Bearer' } : {}),
  };
}
