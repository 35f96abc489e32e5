import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  execute,
  GraphQLError,
  subscribe,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLFormattedError,
  type GraphQLSchema,
} from 'graphql';
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { OperationContext, type Gateway } from '../resolvers/context.ts';
import type { Authenticator } from '../services/identity/authenticator.ts';
import type { Viewer } from '../services/identity/viewer.ts';
import { ScrollbackError, unavailable } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Documents } from './documents.ts';
import { maxBodyBytes } from './http-answer.ts';
import { isAllowedOrigin, type OriginPolicy } from './origins.ts';
import { presentError } from './present-error.ts';

export interface WebSocketOptions {
  readonly schema: GraphQLSchema;
  readonly documents: Documents;
  readonly gateway: Gateway;
  readonly authenticator: Authenticator;
  readonly origins: OriginPolicy;
  readonly log: Log;
}

export interface WebSocketEdge {
  /** Closes every socket with a code that clients answer by connecting again. */
  drain(): Promise<void>;
}

interface Extra extends Record<PropertyKey, unknown> {
  viewer?: Viewer | null;
  connectionId?: string;
}

/** Close codes that clients of graphql-ws answer by connecting again. */
const tokenExpiredCode: number = CloseCode.Forbidden;
const serviceRestartCode = 1012;
const serverErrorCode = 1013;

const keepAliveMs = 12_000;
const closeGraceMs = 1_000;
const maxTimeoutMs = 2 ** 31 - 1;

/** GraphQL over WebSocket (graphql-transport-ws) at /graphql of the HTTP server. */
export function attachWebSockets(server: Server, options: WebSocketOptions): WebSocketEdge {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxBodyBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) ? GRAPHQL_TRANSPORT_WS_PROTOCOL : false),
  });
  server.on('upgrade', (request, socket, head) => upgrade(sockets, options.origins, request, socket, head));
  const graphqlServer = useServer<Record<string, unknown>, Extra>(
    {
      schema: options.schema,
      isProd: true,
      onConnect: (context) => connect(options, context.connectionParams ?? {}, context.extra),
      onSubscribe: ({ extra }, _id, { query, variables, operationName }) => {
        const refusal = refusalOf(extra);
        if (refusal !== null) return [asGraphQLError(refusal)];
        const document = options.documents.read(query);
        if (!('kind' in document)) return document;
        const { connectionId, viewer = null } = extra;
        options.log.info(
          {
            requestId: connectionId,
            operationName: operationName?.slice(0, 100),
            userId: viewer?.userId,
            tenantId: viewer?.tenantId,
          },
          'operation over websocket',
        );
        return {
          schema: options.schema,
          document,
          variableValues: variables,
          operationName,
          contextValue: new OperationContext(options.gateway, viewer, connectionId ?? ''),
        };
      },
      execute: (args) => execute(args),
      subscribe: (args) => subscribeToTheEnd(args),
      onNext: ({ extra }, _id, _payload, _args, result) =>
        result.errors === undefined
          ? undefined
          : { ...result, errors: result.errors.map((error) => present(options, extra, error)) },
      onError: ({ extra }, _id, _payload, errors) => errors.map((error) => present(options, extra, error)),
    },
    sockets,
    keepAliveMs,
  );
  return {
    async drain() {
      for (const socket of sockets.clients)
        closeSoon(socket, serviceRestartCode, 'The gateway restarts; connect again.');
      await graphqlServer.dispose();
    },
  };
}

const present = (options: WebSocketOptions, extra: Extra, error: unknown): GraphQLFormattedError =>
  presentError(error, options.log.child({ requestId: extra.connectionId }));

function upgrade(
  sockets: WebSocketServer,
  origins: OriginPolicy,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  // Node takes its own listener off at an upgrade, and an error without one ends the process.
  socket.on('error', () => socket.destroy());
  const refuse = (status: string): void =>
    void socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  if ((request.url ?? '').split('?', 1)[0] !== '/graphql') return refuse('404 Not Found');
  if (!isAllowedOrigin(request, origins)) return refuse('403 Forbidden');
  sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request));
}

/** Takes the token from the payload of connection_init, as headers are spelt or in any case. Wrong credentials close the socket. */
async function connect(
  options: WebSocketOptions,
  payload: Record<string, unknown>,
  extra: Extra & { socket: WebSocket },
): Promise<boolean> {
  const headers = new Map(Object.entries(payload).map(([name, value]) => [name.toLowerCase(), value]));
  const authorization = textOf(headers.get('authorization'));
  const internalKey = textOf(headers.get('x-internal-auth'));
  extra.connectionId = randomUUID();
  try {
    const viewer = await options.authenticator.authenticate({
      ...(authorization === undefined ? {} : { authorization }),
      ...(internalKey === undefined ? {} : { internalKey }),
    });
    extra.viewer = viewer;
    if (viewer?.expiresAt != null) closeAt(extra.socket, viewer.expiresAt);
    return true;
  } catch (error) {
    const presented = presentError(error, options.log.child({ requestId: extra.connectionId }));
    // A reason holds 123 bytes at most.
    closeSoon(extra.socket, closeCodeOf(error), presented.message.slice(0, 100));
    return true;
  }
}

/** A client whose token has merely expired connects again with a fresh one; one that is refused for good does not. */
function closeCodeOf(error: unknown): number {
  if (!(error instanceof ScrollbackError) || error.code !== 'UNAUTHENTICATED') return serverErrorCode;
  return error.details['reason'] === 'TOKEN_EXPIRED' ? tokenExpiredCode : CloseCode.Unauthorized;
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** A token's end is the socket's end; the client connects again with a fresh one. */
function closeAt(socket: WebSocket, expiresAt: number): void {
  if (socket.readyState !== socket.OPEN) return;
  const remaining = Math.min(Math.max(0, expiresAt - Date.now()), maxTimeoutMs);
  const expiry = setTimeout(
    () => closeSoon(socket, tokenExpiredCode, 'The token has expired; connect again with a fresh one.'),
    remaining,
  );
  socket.once('close', () => clearTimeout(expiry));
}

/** Closing is a matter of two: who does not answer is cut off. */
function closeSoon(socket: WebSocket, code: number, reason: string): void {
  socket.close(code, reason);
  const cut = setTimeout(() => socket.terminate(), closeGraceMs);
  socket.once('close', () => clearTimeout(cut));
}

/** A socket that is being closed still brings frames; nothing is started for them. */
function refusalOf({ socket, viewer }: Extra & { socket: WebSocket }): ScrollbackError | null {
  if (viewer?.expiresAt != null && viewer.expiresAt <= Date.now()) {
    return new ScrollbackError('UNAUTHENTICATED', 'The token has expired; connect again with a fresh one.');
  }
  return socket.readyState === socket.OPEN ? null : unavailable('The gateway');
}

/** graphql-ws closes the whole socket when a stream throws; the others on it are not at fault, so the error ends its stream only. */
async function subscribeToTheEnd(args: ExecutionArgs): Promise<AsyncIterable<ExecutionResult> | ExecutionResult> {
  const result = await subscribe(args);
  return Symbol.asyncIterator in result ? errorsAsLastResult(result) : result;
}

function errorsAsLastResult(
  results: AsyncGenerator<ExecutionResult, void, void>,
): AsyncIterableIterator<ExecutionResult, void> {
  let ended = false;
  return {
    async next() {
      if (ended) return { done: true, value: undefined };
      try {
        return await results.next();
      } catch (error) {
        ended = true;
        return { done: false, value: { errors: [asGraphQLError(error)] } };
      }
    },
    return: () => results.return(),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

const asGraphQLError = (error: unknown): GraphQLError =>
  error instanceof GraphQLError ? error : new GraphQLError('', { originalError: error as Error });
