import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ErrorCode } from '../shared/errors.ts';

export const maxBodyBytes = 1_000_000;

export function answerJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(JSON.stringify(body));
}

/** A refusal before GraphQL is reached, in the shape of a GraphQL answer, so that clients read it like any other. */
export function answerError(
  response: ServerResponse,
  status: number,
  error: { code: ErrorCode; message: string; [detail: string]: unknown },
): void {
  const { message, ...extensions } = error;
  answerJson(response, status, { errors: [{ message, extensions }] });
}

/** The body as text; null when it is larger than we take. */
export async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
