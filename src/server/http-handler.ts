import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { HeaderMap, type ApolloServer } from '@apollo/server';
import { OperationContext, type Gateway } from '../resolvers/context.ts';
import type { Authenticator } from '../services/identity/authenticator.ts';
import type { Viewer } from '../services/identity/viewer.ts';
import { ScrollbackError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { graphiqlPage } from './graphiql/page.ts';
import { readiness, type WakeUpReports } from './health.ts';
import { answerError, answerJson, maxBodyBytes, readBody } from './http-answer.ts';
import { isAllowedOrigin, type OriginPolicy } from './origins.ts';
import { presentError } from './present-error.ts';
import { requestLog } from './request-log.ts';

export interface HttpHandlerOptions {
  readonly apollo: ApolloServer<OperationContext>;
  readonly gateway: Gateway;
  readonly authenticator: Authenticator;
  /** Public keys of the built-in issuer; null where tokens come from elsewhere. */
  readonly jwks: object | null;
  /** What GraphiQL's header editor starts with; null where there is no GraphiQL. */
  readonly graphiqlHeaders: (() => Promise<Record<string, string>>) | null;
  readonly origins: OriginPolicy;
  readonly log: Log;
  readonly isDraining: () => boolean;
  readonly wakeUps: WakeUpReports;
  /** null where metrics are elsewhere, or nowhere. */
  readonly metrics: Handler | null;
}

type Handler = (request: IncomingMessage, response: ServerResponse, requestId: string) => Promise<void> | void;

const requestIdPattern = /^[\w.:-]{1,100}$/;

/** What comes in over HTTP, by path. */
export function createHttpHandler(
  options: HttpHandlerOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const routes = new Map<string, Handler>([
    ['/graphql', (request, response, requestId) => graphql(options, request, response, requestId)],
    ['/livez', (_request, response) => answerJson(response, 200, { alive: true })],
    ['/readyz', (_request, response) => ready(options, response)],
    ['/', (_request, response) => void response.writeHead(302, { location: '/graphql' }).end()],
  ]);
  const { jwks, metrics } = options;
  if (jwks !== null) routes.set('/.well-known/jwks.json', (_request, response) => answerJson(response, 200, jwks));
  if (metrics !== null) routes.set('/metrics', metrics);

  return (request, response) => {
    const given = request.headers['x-request-id'];
    const requestId = typeof given === 'string' && requestIdPattern.test(given) ? given : randomUUID();
    response.setHeader('x-request-id', requestId);
    response.setHeader('x-content-type-options', 'nosniff');
    if (options.isDraining()) response.setHeader('connection', 'close');
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const handler = routes.get(path);
    if (handler === undefined) {
      answerError(response, 404, { code: 'NOT_FOUND', message: 'There is nothing here; GraphQL is at /graphql.' });
      return;
    }
    Promise.resolve(handler(request, response, requestId)).catch((error: unknown) => {
      // A client that left before it had asked is nobody's incident.
      if (request.destroyed && !request.complete) return;
      const presented = presentError(error, options.log.child({ requestId }));
      if (!response.headersSent) answerJson(response, 500, { errors: [presented] });
      else response.destroy();
    });
  };
}

async function ready(options: HttpHandlerOptions, response: ServerResponse): Promise<void> {
  const state = await readiness(options.gateway.databases, options.wakeUps);
  const draining = options.isDraining();
  answerJson(response, state.ready && !draining ? 200 : 503, { ...state, ready: state.ready && !draining, draining });
}

async function graphql(
  options: HttpHandlerOptions,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
): Promise<void> {
  if (!isAllowedOrigin(request, options.origins)) {
    answerError(response, 403, {
      code: 'FORBIDDEN',
      message: 'Pages of this origin may not use this gateway (ALLOWED_ORIGINS).',
    });
    return;
  }
  allowOrigin(request, response);
  if (request.method === 'OPTIONS') {
    response.writeHead(204).end();
    return;
  }
  if (options.graphiqlHeaders !== null && wantsPage(request)) {
    const page = await graphiqlPage({ endpoint: '/graphql', headers: await options.graphiqlHeaders() });
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': page.contentSecurityPolicy,
    });
    response.end(page.html);
    return;
  }
  const log = options.log.child({ requestId });
  const started = performance.now();
  const viewer = await authenticate(options.authenticator, request, response);
  if (viewer === undefined) return;
  const body = await requestBody(request, response);
  if (body === undefined) return;
  const answer = await requestLog.run(log, () =>
    options.apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method: request.method ?? 'GET',
        headers: headersOf(request),
        search: searchOf(request),
        body,
      },
      context: () => Promise.resolve(new OperationContext(options.gateway, viewer, requestId)),
    }),
  );
  for (const [name, value] of answer.headers) response.setHeader(name, value);
  response.statusCode = answer.status ?? 200;
  if (answer.body.kind === 'complete') response.end(answer.body.string);
  else {
    for await (const chunk of answer.body.asyncIterator) response.write(chunk);
    response.end();
  }
  const durationMs = Math.round(performance.now() - started);
  log.info(
    {
      operationName: operationNameOf(body),
      status: response.statusCode,
      durationMs,
      userId: viewer?.userId,
      tenantId: viewer?.tenantId,
    },
    'operation',
  );
}

/** As the client says it, for the log; cut, because a client may say anything. */
function operationNameOf(body: unknown): string | undefined {
  const name: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'operationName') : undefined;
  return typeof name === 'string' ? name.slice(0, 100) : undefined;
}

/** The viewer; null without credentials; undefined when the answer was given because they are wrong. */
async function authenticate(
  authenticator: Authenticator,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Viewer | null | undefined> {
  const internalKey = request.headers['x-internal-auth'];
  const { authorization } = request.headers;
  try {
    return await authenticator.authenticate({
      ...(authorization === undefined ? {} : { authorization }),
      ...(internalKey === undefined ? {} : { internalKey: String(internalKey) }),
    });
  } catch (error) {
    if (!(error instanceof ScrollbackError)) throw error;
    if (error.code === 'UNAUTHENTICATED') response.setHeader('www-authenticate', 'Bearer');
    answerError(response, error.code === 'UNAVAILABLE' ? 503 : 401, {
      code: error.code,
      message: error.message,
      ...error.details,
    });
    return undefined;
  }
}

async function requestBody(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
  if (request.method !== 'POST') return null;
  const text = await readBody(request);
  if (text === null) {
    answerError(response, 413, { code: 'BAD_USER_INPUT', message: `A request is at most ${maxBodyBytes} bytes long.` });
    return undefined;
  }
  if (!(request.headers['content-type'] ?? '').includes('json')) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    answerError(response, 400, { code: 'BAD_USER_INPUT', message: 'The body is not valid JSON.' });
    return undefined;
  }
}

function headersOf(request: IncomingMessage): HeaderMap {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return headers;
}

const searchOf = (request: IncomingMessage): string => {
  const url = request.url ?? '';
  return url.includes('?') ? url.slice(url.indexOf('?')) : '';
};

const wantsPage = (request: IncomingMessage): boolean =>
  request.method === 'GET' && (request.headers.accept ?? '').includes('text/html') && searchOf(request) === '';

function allowOrigin(request: IncomingMessage, response: ServerResponse): void {
  const { origin } = request.headers;
  if (origin === undefined) return;
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('vary', 'Origin');
  response.setHeader('access-control-allow-methods', 'GET, POST');
  response.setHeader(
    'access-control-allow-headers',
    'authorization, content-type, x-request-id, apollo-require-preflight',
  );
  response.setHeader('access-control-expose-headers', 'x-request-id');
}
