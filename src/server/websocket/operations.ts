import { execute, type ExecutionResult, type GraphQLFormattedError } from 'graphql';
import type { ServerOptions, SubscribePayload } from 'graphql-ws';
import { ScrollbackError, unavailable } from '../../shared/errors.ts';
import { deliveries } from '../../shared/metrics.ts';
import { asGraphQLError } from '../as-graphql-error.ts';
import { operationRequestOf } from '../admission/operation-request.ts';
import { rateLimited, refusalErrors } from '../admission/refused.ts';
import type { Edge } from '../edge.ts';
import { presentError } from '../present-error.ts';
import { requestLog } from '../request-log.ts';
import { isSubscription, runArguments, runOnce, type RunArguments } from '../run-operation.ts';
import { SharedStreams, type EndOfStream, type StreamArgs } from '../shared-streams.ts';
import { OperationOutlet } from '../socket-flow.ts';
import { closeForRestart } from './close.ts';
import { admitSocket } from './connect.ts';
import type { ConnectQueue } from './connect-queue.ts';
import type { SocketExtra } from './socket-extra.ts';

type SocketArguments = RunArguments & StreamArgs;

type Options = ServerOptions<Record<string, unknown>, SocketExtra>;

/** What graphql-ws asks us while it speaks the protocol. */
export function graphqlOptions(edge: Edge, queue: ConnectQueue): Options {
  const present = ({ connectionId, caller }: SocketExtra, error: unknown): GraphQLFormattedError =>
    presentError(error, requestLog(edge, connectionId, caller.address));
  const streams = new SharedStreams({
    execute: (args) => execute(args),
    present: (error, { requestId }) => presentError(error, edge.log.child({ requestId })),
  });
  return {
    schema: edge.schema,
    connectionInitWaitTimeout: edge.limits.socket.initTimeoutMs,
    onConnect: async ({ connectionParams, extra }) => {
      await admitSocket(edge, queue, connectionParams ?? {}, extra);
      return true;
    },
    onSubscribe: async ({ extra }, id, payload) => {
      try {
        return await start(edge, extra, id, payload);
      } catch (error) {
        return refusalErrors(error).map(asGraphQLError);
      }
    },
    execute: (args) => runOnce(edge, args as RunArguments),
    subscribe: (args) => openStream(streams, args as SocketArguments),
    onNext: ({ extra }, _id, _payload, _args, result) => {
      deliveries.inc();
      return result.errors === undefined
        ? undefined
        : { ...result, errors: result.errors.map((error) => present(extra, error)) };
    },
    onComplete: ({ extra }, id) => answered(extra, id),
    onError: ({ extra }, _id, _payload, errors) => errors.map((error) => present(extra, error)),
  };
}

async function start(edge: Edge, extra: SocketExtra, id: string, payload: SubscribePayload): Promise<SocketArguments> {
  const problem = socketProblem(edge, extra);
  if (problem !== null) throw problem;
  // Taken before anything is waited for, or a thousand could be admitted at the same time.
  extra.operations += 1;
  try {
    await charge(edge, extra);
    const admitted = await edge.admission.admit(operationRequestOf(payload), extra.caller);
    noteOperation(edge, extra, payload.operationName);
    if (!isSubscription(admitted)) extra.unanswered.add(id);
    const release = (): void => {
      admitted.release();
      extra.operations -= 1;
    };
    return {
      ...runArguments(edge, { ...admitted, release: once(release) }, extra.caller, extra.connectionId, extra.origin),
      outlet: new OperationOutlet(extra.flow, id),
    };
  } catch (error) {
    extra.operations -= 1;
    throw error;
  }
}

/** Whoever is refused here is refused whatever it asks; asking more often must not pay. */
async function charge({ admission }: Edge, { caller, messageBytes, throttle }: SocketExtra): Promise<void> {
  try {
    await admission.enter(caller.address);
    await admission.charge(caller, messageBytes);
  } catch (error) {
    throttle.rest();
    throw error;
  }
}

/** A stream holds its place among the operations until it ends. What is thrown is its own end, not the socket's. */
async function openStream(
  streams: SharedStreams,
  { admitted, ...args }: SocketArguments,
): Promise<EndOfStream | ExecutionResult> {
  try {
    const stream = await streams.open(args, admitted.release);
    if (!(Symbol.asyncIterator in stream)) admitted.release();
    return stream;
  } catch (error) {
    admitted.release();
    return { errors: [asGraphQLError(error)] };
  }
}

/** graphql-ws tells the client right after this, so what waits for the end of the answer waits for one turn more. */
function answered(extra: SocketExtra, id: string): void {
  if (!extra.unanswered.delete(id) || extra.unanswered.size > 0) return;
  setImmediate(() => extra.whenIdle?.());
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}

/** A socket that is being closed still brings frames; nothing is started for them. */
function socketProblem(
  edge: Edge,
  { socket, caller: { viewer }, operations, unanswered }: SocketExtra,
): ScrollbackError | null {
  if (viewer?.expiresAt != null && viewer.expiresAt <= Date.now()) {
    return new ScrollbackError('UNAUTHENTICATED', 'The token has expired; connect again with a fresh one.');
  }
  // Who wants something has to ask elsewhere, and so needs not wait for its turn to be told.
  if (edge.isClosing() && unanswered.size === 0) closeForRestart(socket);
  if (socket.readyState !== socket.OPEN || edge.isClosing()) return unavailable('The gateway');
  const maximum = edge.limits.operations.socket;
  if (operations < maximum) return null;
  const message = `There are at most ${maximum} operations at the same time on one connection; end some first.`;
  return rateLimited('MAX_OPERATIONS_PER_SOCKET', maximum, message);
}

function noteOperation({ log }: Edge, { connectionId, caller: { viewer } }: SocketExtra, name?: string | null): void {
  log.info(
    {
      requestId: connectionId,
      operationName: name?.slice(0, 100),
      userId: viewer?.userId,
      tenantId: viewer?.tenantId,
    },
    'operation over websocket',
  );
}
