import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { toOriginForm } from '../origin-form.ts';
import { isAllowedOrigin, type OriginPolicy } from '../origins.ts';

export interface UpgradeOptions {
  readonly origins: OriginPolicy;
  readonly maxMessageBytes: number;
}

/** A message is one operation; nobody needs more pieces for it. */
const maxFragments = 64;
/** Pieces as the network cuts them: enough for the longest message in the smallest usual packets. */
const maxBufferedChunks = 4_096;

/** Accepts websockets at /graphql, from allowed pages and programs. */
export function acceptUpgrades(
  server: Server,
  { origins, maxMessageBytes }: UpgradeOptions,
  accept: (socket: WebSocket, request: IncomingMessage) => void,
): WebSocketServer {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    maxFragments,
    maxBufferedChunks,
    autoPong: false,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) ? GRAPHQL_TRANSPORT_WS_PROTOCOL : false),
  });
  server.on('upgrade', (request, socket, head) => {
    // Node takes its own listener off at an upgrade, and an error without one ends the process.
    socket.on('error', () => socket.destroy());
    toOriginForm(request);
    if ((request.url ?? '').split('?', 1)[0] !== '/graphql') return refuse(socket, '404 Not Found');
    if (!isAllowedOrigin(request, origins)) return refuse(socket, '403 Forbidden');
    sockets.handleUpgrade(request, socket, head, accept);
  });
  return sockets;
}

const refuse = (socket: Duplex, status: string): void =>
  void socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
