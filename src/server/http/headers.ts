import type { IncomingMessage, ServerResponse } from 'node:http';

const yearSeconds = 365 * 24 * 3600;

const always = Object.entries({
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  // No answer but GraphiQL's page, which brings a policy of its own, has anything to load or to run.
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
});

/** What every answer says to browsers. `isSecure`: the client spoke TLS, with us or with a proxy. */
export function setSecurityHeaders(response: ServerResponse, isSecure: boolean): void {
  for (const [name, value] of always) response.setHeader(name, value);
  if (isSecure) response.setHeader('strict-transport-security', `max-age=${yearSeconds}`);
}

const allowedHeaders =
  'authorization, content-type, x-request-id, apollo-require-preflight, x-apollo-operation-name, last-event-id';

/** Lets a page of an allowed origin read the answer. Cookies are not part of it. */
export function allowOrigin(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('vary', 'Origin');
  const { origin } = request.headers;
  if (origin === undefined) return;
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('access-control-allow-methods', 'GET, POST');
  response.setHeader('access-control-allow-headers', allowedHeaders);
  response.setHeader('access-control-expose-headers', 'x-request-id, retry-after');
  response.setHeader('access-control-max-age', '600');
}
