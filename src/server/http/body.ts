import type { IncomingMessage } from 'node:http';
import { badInput, ScrollbackError } from '../../shared/errors.ts';
import { operationRequestOf, operationRequestOfSearch, type OperationRequest } from '../admission/operation-request.ts';
import { giveBack } from '../give-back.ts';
import { isJson } from './csrf.ts';

export interface BodyLimits {
  readonly maxBytes: number;
  /** Told how much has come, of a body that did not say beforehand how long it is; what it throws ends the reading. */
  readonly meter: (bytesBefore: number, bytes: number) => Promise<void>;
}

/** Null where a body does not say how long it is. */
export function announcedBytes({ headers }: IncomingMessage): number | null {
  if (headers['transfer-encoding'] !== undefined) return null;
  return Number(headers['content-length'] ?? 0);
}

/** A request's operation, from its body or its URL; throws what is wrong with it. */
export async function operationRequestFrom(request: IncomingMessage, limits: BodyLimits): Promise<OperationRequest> {
  if (request.method === 'GET') return operationRequestOfSearch(searchOf(request));
  const { 'content-type': type, 'content-encoding': encoding = 'identity' } = request.headers;
  if (!isJson(type) || !/^(?!.*charset)|charset="?utf-8"?/i.test(type ?? '') || encoding !== 'identity')
    throw unsupportedMediaType();
  const chunks: Buffer[] = [];
  try {
    await readBody(request, limits, chunks);
    return operationRequestOf(parsed(chunks));
  } finally {
    chunks.forEach(giveBack);
  }
}

const searchOf = ({ url = '' }: IncomingMessage): string => (url.includes('?') ? url.slice(url.indexOf('?')) : '');

async function readBody(request: IncomingMessage, { maxBytes, meter }: BodyLimits, chunks: Buffer[]): Promise<void> {
  const announced = announcedBytes(request);
  if (announced !== null) {
    if (announced > maxBytes) throw tooLarge(maxBytes);
    return readAnnounced(request, chunks);
  }
  let size = 0;
  // Whoever is refused midway is to be told so, on a connection that is still there.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    await meter(size, size + chunk.length);
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
  }
}

/** Node takes no more of it than was announced. Events cost a fraction of what an iterator does. */
function readAnnounced(request: IncomingMessage, chunks: Buffer[]): Promise<void> {
  return new Promise((resolve, reject) => {
    // It may have waited for its turn; then nothing tells of its end any more.
    if (request.destroyed) return reject(new Error('The client left before it had asked.'));
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('end', resolve);
    request.once('error', reject);
    request.once('close', () => {
      if (!request.complete) reject(new Error('The client left before it had asked.'));
    });
  });
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parsed(chunks: readonly Buffer[]): unknown {
  const [first] = chunks;
  const body = first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks);
  try {
    return JSON.parse(utf8.decode(body)) as unknown;
  } catch {
    throw badInput('The body is not valid JSON in UTF-8.');
  } finally {
    giveBack(body);
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
