import type { IncomingMessage } from 'node:http';
import { ScrollbackError } from '../../shared/errors.ts';

const preflightHeaders = ['apollo-require-preflight', 'x-apollo-operation-name', 'authorization', 'x-internal-auth'];
const ownSites = new Set(['same-origin', 'none']);

/**
 * Refuses what a page of anywhere can make a browser send without asking us first: forms, images, links. Requests with
 * JSON or with a header that browsers ask about are not of that kind, and programs are no browsers. Identity never
 * comes from cookies, so such a request could do little anyway.
 */
export function csrfProblem(request: IncomingMessage): ScrollbackError | null {
  const { headers } = request;
  if (isJson(headers['content-type'])) return null;
  if (preflightHeaders.some((name) => (headers[name] ?? '') !== '')) return null;
  if (request.method === 'GET' && !isForeignBrowser(request)) return null;
  return new ScrollbackError(
    'BAD_USER_INPUT',
    'Send `Content-Type: application/json`, or with GET a header `Apollo-Require-Preflight`, so that no foreign page can send this.',
    { reason: 'CSRF_PREVENTION' },
  );
}

/** Browsers say where a request comes from; those that are too old for it say at least that they are browsers. */
function isForeignBrowser({ headers }: IncomingMessage): boolean {
  // Where there is an origin, it is an allowed one: others do not get here.
  if (headers.origin !== undefined) return false;
  const site = headers['sec-fetch-site'];
  if (typeof site === 'string') return !ownSites.has(site);
  return (headers['user-agent'] ?? '').startsWith('Mozilla/');
}

export const isJson = (contentType: string | undefined): boolean =>
  (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() === 'application/json';
