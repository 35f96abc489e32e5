import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import { makeServer } from 'graphql-ws';
import type { WebSocket } from 'ws';
import { keysOf } from '../admission/caller.ts';
import type { Overload } from '../admission/overload.ts';
import { spreadOver } from '../drain.ts';
import type { Origin } from '../../services/identity/viewer.ts';
import type { Edge } from '../edge.ts';
import { SocketFlow } from '../socket-flow.ts';
import type { UnreadBytes } from '../unread-bytes.ts';
import { closeForRestart, closeSoon, tryAgainLaterCode } from './close.ts';
import { ConnectQueue } from './connect-queue.ts';
import { graphqlOptions } from './operations.ts';
import { serveSocket } from './serve-socket.ts';
import type { SocketExtra } from './socket-extra.ts';
import { Throttle } from './throttle.ts';
import { acceptUpgrades } from './upgrade.ts';

export interface WebSocketEdge {
  /** Closes every socket with a code that clients answer by connecting again, when what runs on it has ended. */
  drain(spreadMs: number): Promise<void>;
  /** Ends the sockets that are left. */
  cut(): void;
}

/** GraphQL over WebSocket (graphql-transport-ws) at /graphql of the HTTP server. */
export function attachWebSockets(server: Server, edge: Edge, overload: Overload, unread: UnreadBytes): WebSocketEdge {
  const limits = edge.limits.socket;
  const queue = new ConnectQueue(limits.connectsAtOnce, limits.connectsWaiting);
  const graphql = makeServer<Record<string, unknown>, SocketExtra>(graphqlOptions(edge, queue));
  const open = new Map<WebSocket, SocketExtra>();
  const accept = (socket: WebSocket, request: IncomingMessage): void => {
    const problem = overload.refusal()?.message ?? fullProblem(open.size, limits.sockets.gateway);
    if (edge.isClosing()) return closeForRestart(socket);
    if (problem !== null) return closeSoon(socket, tryAgainLaterCode, problem);
    const throttle = new Throttle(socket, limits.messagesPerSecond);
    const extra = socketExtra(socket, throttle, edge.clientAddress(request), edge.originOf(request));
    open.set(socket, extra);
    const unwatch = unread.watch({
      get keys() {
        return keysOf(extra.caller);
      },
      unreadBytes: () => socket.bufferedAmount,
      cut: (limit) => closeSoon(socket, tryAgainLaterCode, `Too much was sent and not read (${limit}).`),
    });
    socket.once('close', () => {
      open.delete(socket);
      unwatch();
    });
    serveSocket(graphql, extra, edge);
  };
  const options = { origins: edge.origins, maxMessageBytes: edge.limits.http.requestBytes };
  const sockets = acceptUpgrades(server, options, accept);
  return {
    async drain(spreadMs) {
      await spreadOver([...open.values()], spreadMs, closeWhenIdle);
      await new Promise((resolve) => sockets.close(resolve));
    },
    cut() {
      for (const socket of sockets.clients) socket.terminate();
    },
  };
}

const socketExtra = (socket: WebSocket, throttle: Throttle, address: string, origin: Origin): SocketExtra => ({
  socket,
  connectionId: randomUUID(),
  origin,
  flow: new SocketFlow(socket, () =>
    closeSoon(socket, tryAgainLaterCode, 'Nothing was read for too long; connect again.'),
  ),
  throttle,
  messageBytes: 0,
  caller: { viewer: null, address },
  operations: 0,
  unanswered: new Set(),
  whenIdle: null,
});

const fullProblem = (count: number, maximum: number): string | null =>
  count < maximum ? null : `There are at most ${maximum} connections (MAX_SOCKETS); try again later.`;

/** Resolves when the socket is closed. */
function closeWhenIdle(extra: SocketExtra): Promise<void> {
  const { socket } = extra;
  const close = (): void => closeForRestart(socket);
  return new Promise((resolve) => {
    if (socket.readyState === socket.CLOSED) return resolve();
    socket.once('close', () => resolve());
    if (extra.unanswered.size === 0) close();
    else extra.whenIdle = close;
  });
}
