import type { IncomingMessage } from 'node:http';
import { badInput, ScrollbackError } from '../../shared/errors.ts';
import { operationRequestOf, operationRequestOfSearch, type OperationRequest } from '../admission/operation-request.ts';
import { isJson } from './csrf.ts';

/** A request's operation, from its body or its URL; throws what is wrong with it. */
export async function operationRequestFrom(request: IncomingMessage, maxBytes: number): Promise<OperationRequest> {
  if (request.method === 'GET') return operationRequestOfSearch(searchOf(request));
  const { 'content-type': type, 'content-encoding': encoding = 'identity' } = request.headers;
  if (!isJson(type) || !/^(?!.*charset)|charset="?utf-8"?/i.test(type ?? '') || encoding !== 'identity')
    throw unsupportedMediaType();
  return operationRequestOf(parsed(await readBody(request, maxBytes)));
}

const searchOf = ({ url = '' }: IncomingMessage): string => (url.includes('?') ? url.slice(url.indexOf('?')) : '');

async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(body)) as unknown;
  } catch {
    throw badInput('The body is not valid JSON in UTF-8.');
  }
}

const tooLarge = (maximum: number): ScrollbackError =>
  new ScrollbackError('BAD_USER_INPUT', `A request is at most ${maximum} bytes long; send less at once.`, {
    reason: 'TOO_LARGE',
    limit: 'MAX_REQUEST_BYTES',
    maximum,
  });

const unsupportedMediaType = (): ScrollbackError =>
  badInput('Send the operation as application/json in UTF-8, not compressed.', { reason: 'UNSUPPORTED_MEDIA_TYPE' });
