import { randomUUID } from 'node:crypto';
import type { Server } from 'graphql-ws';
import type { WebSocket } from 'ws';
import type { Log } from '../../shared/log.ts';
import { openSockets } from '../../shared/metrics.ts';
import { SocketFlow } from '../socket-flow.ts';
import { closeSoon, serverErrorCode, tryAgainLaterCode } from './close.ts';
import type { SocketExtra } from './operations.ts';

const keepAliveMs = 12_000;

/** One socket of ws as graphql-ws sees it: it knows the protocol, this file knows sockets. */
export function serveSocket(graphql: Server<SocketExtra>, socket: WebSocket, log: Log): void {
  const connectionId = randomUUID();
  openSockets.inc();
  socket.once('close', () => openSockets.dec());
  const fail = (error: unknown): void => {
    // graphql-ws calls it an error of ours when a client says what only servers say; the protocol calls it 4400.
    if (error instanceof Error && error.message.startsWith('Unexpected message of type'))
      return closeSoon(socket, 4400, error.message);
    log.error({ requestId: connectionId, err: error }, 'a websocket failed');
    closeSoon(socket, serverErrorCode, 'Internal server error');
  };
  const flow = new SocketFlow(socket, () =>
    closeSoon(socket, tryAgainLaterCode, 'Nothing was read for too long; connect again.'),
  );
  // What ws complains of, such as a frame that is none, it also closes the socket for.
  socket.on('error', (error) => log.debug({ requestId: connectionId, error: error.message }, 'a websocket broke'));
  const closed = graphql.opened(
    {
      protocol: socket.protocol,
      send: (text) => send(socket, text),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (handle) => socket.on('message', (data: Buffer) => void handle(data.toString()).catch(fail)),
    },
    { socket, connectionId, flow, viewer: null },
  );
  keepAlive(socket);
  socket.once('close', (code, reason) => void closed(code, String(reason)).catch(fail));
}

/** Resolves when the operating system has taken the bytes, which is what makes a slow reader's operations wait. */
const send = (socket: WebSocket, text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    if (socket.readyState !== socket.OPEN) return resolve();
    socket.send(text, (error) => (error == null ? resolve() : reject(error)));
  });

/** A socket that answers no ping within a period is gone. */
function keepAlive(socket: WebSocket): void {
  let answered = true;
  socket.on('pong', () => (answered = true));
  const pings = setInterval(() => {
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
  }, keepAliveMs);
  socket.once('close', () => clearInterval(pings));
}
