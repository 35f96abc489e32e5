import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { KeysReport } from '../services/identity/remote-keys.ts';
import type { Edge } from './edge.ts';
import { graphiqlPage } from './graphiql/page.ts';
import { readiness, type WakeUpReports } from './health.ts';
import type { Apollo } from './http/answer-mutation.ts';
import { answerOperation } from './http/graphql-over-http.ts';
import { allowOrigin, setSecurityHeaders } from './http/headers.ts';
import { answerError, answerErrors, answerJson } from './http-answer.ts';
import { toOriginForm } from './origin-form.ts';
import { isAllowedOrigin, isLocalHost } from './origins.ts';
import { presentError } from './present-error.ts';
import { requestLog } from './request-log.ts';

export interface HttpHandlerOptions {
  readonly edge: Edge;
  readonly apollo: Apollo;
  /** Answers operations as server-sent events. */
  readonly stream: Handler;
  /** Public keys of the built-in issuer; null where tokens come from elsewhere. */
  readonly jwks: object | null;
  /** What GraphiQL's header editor starts with; null where there is no GraphiQL. */
  readonly graphiqlHeaders: (() => Promise<Record<string, string>>) | null;
  readonly isSecure: (request: IncomingMessage) => boolean;
  readonly wakeUps: WakeUpReports;
  readonly tokenKeys: (() => KeysReport) | null;
  /** null where metrics are elsewhere, or nowhere. */
  readonly metrics: Handler | null;
}

export type Handler = (request: IncomingMessage, response: ServerResponse, requestId: string) => Promise<void> | void;

const requestIdPattern = /^[\w.:-]{1,100}$/;

/** What comes in over HTTP, by path. */
export function createHttpHandler(
  options: HttpHandlerOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const { edge } = options;
  const routes = new Map<string, Handler>([
    ['/graphql', forAllowedOrigins(edge, (...exchange) => graphql(options, ...exchange))],
    ['/graphql/stream', forAllowedOrigins(edge, options.stream)],
    ['/livez', (_request, response) => answerJson(response, 200, { alive: true })],
    ['/readyz', (_request, response) => ready(options, response)],
    ['/', (_request, response) => void response.writeHead(302, { location: '/graphql' }).end()],
  ]);
  const { jwks, metrics } = options;
  if (jwks !== null) routes.set('/.well-known/jwks.json', (_request, response) => answerJson(response, 200, jwks));
  if (metrics !== null) routes.set('/metrics', metrics);

  return (request, response) => {
    toOriginForm(request);
    const given = request.headers['x-request-id'];
    const requestId = typeof given === 'string' && requestIdPattern.test(given) ? given : randomUUID();
    response.setHeader('x-request-id', requestId);
    setSecurityHeaders(response, options.isSecure(request));
    if (edge.isDraining()) response.setHeader('connection', 'close');
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const handler = routes.get(path);
    if (handler === undefined) {
      answerError(response, 404, { code: 'NOT_FOUND', message: 'There is nothing here; GraphQL is at /graphql.' });
      return;
    }
    Promise.resolve(handler(request, response, requestId)).catch((error: unknown) => {
      // A client that left before it had asked is nobody's incident.
      if (request.destroyed && !request.complete) return;
      const presented = presentError(error, requestLog(edge, requestId));
      if (!response.headersSent) answerErrors(response, 500, [presented]);
      else response.destroy();
    });
  };
}

async function ready({ edge, wakeUps, tokenKeys }: HttpHandlerOptions, response: ServerResponse): Promise<void> {
  const state = await readiness(edge.gateway.databases, wakeUps, tokenKeys?.() ?? null);
  const draining = edge.isDraining();
  answerJson(response, state.ready && !draining ? 200 : 503, { ...state, ready: state.ready && !draining, draining });
}

/** Answers browsers' questions beforehand, and refuses pages of origins that are not allowed. */
const forAllowedOrigins =
  ({ origins }: Edge, handler: Handler): Handler =>
  (request, response, requestId) => {
    if (!isAllowedOrigin(request, origins)) {
      const message = 'Pages of this origin may not use this gateway (ALLOWED_ORIGINS).';
      return answerError(response, 403, { code: 'FORBIDDEN', message });
    }
    allowOrigin(request, response);
    return request.method === 'OPTIONS' ? void response.writeHead(204).end() : handler(request, response, requestId);
  };

async function graphql(
  { edge, apollo, graphiqlHeaders }: HttpHandlerOptions,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
): Promise<void> {
  if (graphiqlHeaders === null || !wantsPage(request))
    return answerOperation(edge, apollo, request, response, requestId);
  // The page may carry a token, and a name that somebody else's page has made point here must not get it.
  const headers = isLocalHost(request) ? await graphiqlHeaders() : {};
  const page = await graphiqlPage({ endpoint: '/graphql', headers });
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': page.contentSecurityPolicy,
    'cache-control': 'no-store',
  });
  response.end(page.html);
}

/** A browser that goes to an address asks for a page first of all; the editor keeps its query in that address. */
const wantsPage = ({ method, headers }: IncomingMessage): boolean =>
  method === 'GET' && (headers.accept ?? '').trimStart().startsWith('text/html');
