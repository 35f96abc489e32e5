import type { Server } from 'node:http';
import { makeServer } from 'graphql-ws';
import { serviceRestartCode, closeSoon } from './close.ts';
import { graphqlOptions, type OperationOptions, type SocketExtra } from './operations.ts';
import { serveSocket } from './serve-socket.ts';
import { acceptUpgrades } from './upgrade.ts';
import type { OriginPolicy } from '../origins.ts';

export interface WebSocketOptions extends OperationOptions {
  readonly origins: OriginPolicy;
}

export interface WebSocketEdge {
  /** Closes every socket with a code that clients answer by connecting again. */
  drain(): Promise<void>;
}

/** GraphQL over WebSocket (graphql-transport-ws) at /graphql of the HTTP server. */
export function attachWebSockets(server: Server, options: WebSocketOptions): WebSocketEdge {
  const graphql = makeServer<Record<string, unknown>, SocketExtra>(graphqlOptions(options));
  const sockets = acceptUpgrades(server, options.origins, (socket) => serveSocket(graphql, socket, options.log));
  return {
    async drain() {
      for (const socket of sockets.clients)
        closeSoon(socket, serviceRestartCode, 'The gateway restarts; connect again.');
      await new Promise((resolve) => sockets.close(resolve));
    },
  };
}
