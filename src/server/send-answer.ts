import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

/** Below this a packet or two carry the answer as it is, and packing it costs more than it saves. */
const minPackedLength = 16 * 1024;

const pack = {
  // Quality 4 and level 4 take little more time than the fastest and save most of what the slow ones save.
  br: (text: string) => promisify(brotliCompress)(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
  gzip: (text: string) => promisify(gzip)(text, { level: 4 }),
};

/**
 * Sends the body of an answer to a GraphQL request: packed where the client can unpack and it pays, and not at all to
 * a GET of a client that has it already.
 */
export async function sendAnswer(request: IncomingMessage, response: ServerResponse, text: string): Promise<void> {
  response.setHeader('vary', [response.getHeader('vary') ?? [], 'Accept-Encoding', 'Authorization'].flat().join(', '));
  if (request.method === 'GET' && response.statusCode === 200) {
    // An answer is its viewer's alone, and good until the next look.
    response.setHeader('cache-control', 'private, no-cache');
    const tag = tagOf(text);
    response.setHeader('etag', tag);
    if (isAmong(tag, request.headers['if-none-match'])) {
      response.removeHeader('content-type');
      response.writeHead(304).end();
      return;
    }
  }
  const encoding = encodingOf(request, text);
  if (encoding === null) {
    response.end(text);
    return;
  }
  const packed = await pack[encoding](text);
  response.setHeader('content-encoding', encoding);
  response.end(packed);
}

/**
 * The answer's own hash: weak, because packed it is the same. No value of a log could stand in for it: an answer also
 * depends on who asks, on the clock (what expires) and on tables that have no log.
 */
const tagOf = (text: string): string => `W/"${createHash('sha256').update(text).digest('base64url')}"`;

const isAmong = (tag: string, header: string | undefined): boolean =>
  header !== undefined && header.split(',').some((one) => one.trim() === tag || one.trim() === '*');

function encodingOf(request: IncomingMessage, text: string): keyof typeof pack | null {
  const accepted = request.headers['accept-encoding'];
  if (accepted === undefined || text.length < minPackedLength) return null;
  const names = new Set(accepted.split(',').filter(isWanted).map(nameOf));
  if (names.has('br')) return 'br';
  return names.has('gzip') ? 'gzip' : null;
}

const nameOf = (encoding: string): string => encoding.split(';', 1)[0]?.trim().toLowerCase() ?? '';

const isWanted = (encoding: string): boolean => !/;\s*q=0(\.0*)?\s*$/.test(encoding);
