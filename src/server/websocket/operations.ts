import { execute, type ExecutionArgs, type GraphQLFormattedError, type GraphQLSchema } from 'graphql';
import type { ServerOptions } from 'graphql-ws';
import type { WebSocket } from 'ws';
import { OperationContext, type Gateway } from '../../resolvers/context.ts';
import type { RevocableAuthenticator } from '../../services/identity/revocable-authenticator.ts';
import type { Viewer } from '../../services/identity/viewer.ts';
import { ScrollbackError, unavailable } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { deliveries } from '../../shared/metrics.ts';
import type { Documents } from '../documents.ts';
import { asGraphQLError } from '../as-graphql-error.ts';
import { presentError } from '../present-error.ts';
import { SharedStreams, type StreamArgs } from '../shared-streams.ts';
import { OperationOutlet, type SocketFlow } from '../socket-flow.ts';
import { closeCodeOf, closeSoon } from './close.ts';
import { identify } from './connect.ts';

export interface OperationOptions {
  readonly schema: GraphQLSchema;
  readonly documents: Documents;
  readonly gateway: Gateway;
  readonly authenticator: RevocableAuthenticator;
  readonly log: Log;
}

/** What is known of a socket, for as long as it is open. */
export interface SocketExtra {
  readonly socket: WebSocket;
  readonly connectionId: string;
  readonly flow: SocketFlow;
  /** null until connection_init, and after one without credentials. */
  viewer: Viewer | null;
}

type Options = ServerOptions<Record<string, unknown>, SocketExtra>;

/** What graphql-ws asks us while it speaks the protocol. */
export function graphqlOptions(options: OperationOptions): Options {
  const present = ({ connectionId }: SocketExtra, error: unknown): GraphQLFormattedError =>
    presentError(error, options.log.child({ requestId: connectionId }));
  const streams = new SharedStreams({
    execute: (args) => execute(args),
    present: (error, { requestId }) => presentError(error, options.log.child({ requestId })),
  });
  return {
    schema: options.schema,
    onConnect: ({ connectionParams, extra }) => connect(options, connectionParams ?? {}, extra),
    onSubscribe: ({ extra }, id, payload) => {
      const refusal = refusalOf(extra);
      return refusal === null ? start(options, extra, id, payload) : [asGraphQLError(refusal)];
    },
    execute: (args: ExecutionArgs) => execute(args),
    subscribe: (args: ExecutionArgs) => streams.open(args as StreamArgs),
    onNext: ({ extra }, _id, _payload, _args, result) => {
      deliveries.inc();
      return result.errors === undefined
        ? undefined
        : { ...result, errors: result.errors.map((error) => present(extra, error)) };
    },
    onError: ({ extra }, _id, _payload, errors) => errors.map((error) => present(extra, error)),
  };
}

/** Wrong credentials close the socket. */
async function connect(
  { authenticator, log }: OperationOptions,
  payload: Record<string, unknown>,
  extra: SocketExtra,
): Promise<boolean> {
  try {
    extra.viewer = await identify(authenticator, payload, extra.socket);
  } catch (error) {
    const { message } = presentError(error, log.child({ requestId: extra.connectionId }));
    closeSoon(extra.socket, closeCodeOf(error), message);
  }
  return true;
}

function start(
  options: OperationOptions,
  { connectionId, viewer, flow }: SocketExtra,
  id: string,
  payload: { query: string; variables?: Record<string, unknown> | null; operationName?: string | null },
): ReturnType<NonNullable<Options['onSubscribe']>> {
  const { query, variables, operationName } = payload;
  const document = options.documents.read(query);
  if (!('kind' in document)) return document;
  options.log.info(
    {
      requestId: connectionId,
      operationName: operationName?.slice(0, 100),
      userId: viewer?.userId,
      tenantId: viewer?.tenantId,
    },
    'operation over websocket',
  );
  const args: StreamArgs = {
    schema: options.schema,
    document,
    variableValues: variables ?? null,
    operationName: operationName ?? null,
    contextValue: new OperationContext(options.gateway, viewer, connectionId),
    outlet: new OperationOutlet(flow, id),
  };
  return args;
}

/** A socket that is being closed still brings frames; nothing is started for them. */
function refusalOf({ socket, viewer }: SocketExtra): ScrollbackError | null {
  if (viewer?.expiresAt != null && viewer.expiresAt <= Date.now()) {
    return new ScrollbackError('UNAUTHENTICATED', 'The token has expired; connect again with a fresh one.');
  }
  return socket.readyState === socket.OPEN ? null : unavailable('The gateway');
}
