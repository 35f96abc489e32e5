import type { Server } from 'graphql-ws';
import type { WebSocket } from 'ws';
import { openSockets } from '../../shared/metrics.ts';
import type { Edge } from '../edge.ts';
import { giveBack } from '../give-back.ts';
import { closeSoon, serverErrorCode, tryAgainLaterCode } from './close.ts';
import type { SocketExtra } from './socket-extra.ts';

const unsupportedDataCode = 1003;

/** One socket of ws as graphql-ws sees it: it knows the protocol, this file knows sockets. */
export function serveSocket(graphql: Server<SocketExtra>, extra: SocketExtra, edge: Edge): void {
  const { limits, log, largeInputs } = edge;
  const { socket, connectionId } = extra;
  openSockets.inc();
  socket.once('close', () => openSockets.dec());
  const fail = (error: unknown): void => {
    // graphql-ws calls it an error of ours when a client says what only servers say; the protocol calls it 4400.
    if (error instanceof Error && error.message.startsWith('Unexpected message of type'))
      return closeSoon(socket, 4400, error.message);
    log.error({ requestId: connectionId, err: error }, 'a websocket failed');
    closeSoon(socket, serverErrorCode, 'Internal server error');
  };
  // What ws complains of, such as a frame that is none, it also closes the socket for.
  socket.on('error', (error) => log.debug({ requestId: connectionId, error: error.message }, 'a websocket broke'));
  const { throttle } = extra;
  const progress = keepAlive(socket, limits.socket.heartbeatMs);
  extra.flow.onTaken(() => {
    throttle.afterSending();
    progress();
  });
  const send = async (text: string): Promise<void> => {
    await sent(socket, text, throttle.afterSending);
    progress();
  };
  const closed = graphql.opened(
    {
      protocol: socket.protocol,
      send,
      close: (code, reason) => closeSoon(socket, code ?? serverErrorCode, reason ?? ''),
      onPing: (payload) => {
        const pong = JSON.stringify(payload === undefined ? { type: 'pong' } : { type: 'pong', payload });
        return throttle.mayAnswerPing ? send(pong) : undefined;
      },
      onMessage: (handle) =>
        socket.on('message', (data: Buffer, isBinary: boolean) =>
          throttle.message(() => {
            progress();
            if (isBinary) return closeSoon(socket, unsupportedDataCode, 'Messages are JSON in text frames.');
            return largeInputs.inTurn(extra.caller, data.length, () => {
              // It may have been closed meanwhile.
              if (socket.readyState !== socket.OPEN) return;
              extra.messageBytes = data.length;
              const text = data.toString();
              giveBack(data);
              void handle(withQuery(text)).catch(fail);
            });
          }),
        ),
    },
    extra,
  );
  socket.on('ping', (data) => {
    progress();
    throttle.ping(() => socket.pong(data, false, throttle.afterSending));
  });
  socket.once('close', (code, reason) => void closed(code, String(reason)).catch(fail));
}

/** Resolves when the operating system has taken the bytes, which is what makes a slow reader's operations wait. */
const sent = (socket: WebSocket, text: string, taken: () => void): Promise<void> =>
  new Promise((resolve, reject) => {
    if (socket.readyState !== socket.OPEN) return resolve();
    socket.send(text, (error) => {
      taken();
      if (error == null) resolve();
      else reject(error);
    });
    taken();
  });

/** graphql-ws insists on a `query`, which who sends the id of a document has none of. */
function withQuery(text: string): string {
  if (!/"(?:persistedQuery|documentId)"/.test(text)) return text;
  try {
    const message = JSON.parse(text) as { type?: unknown; payload?: { query?: unknown } };
    if (message.type !== 'subscribe' || typeof message.payload !== 'object' || message.payload === null) return text;
    message.payload.query ??= '';
    return JSON.stringify(message);
  } catch {
    return text;
  }
}

/** Who neither sends anything within a period, not even a pong, nor takes what was sent is gone. Returns what notes progress. */
function keepAlive(socket: WebSocket, periodMs: number): () => void {
  let progressed = true;
  const progress = (): void => void (progressed = true);
  socket.on('pong', progress);
  const pings = setInterval(() => {
    if (!progressed) return closeSoon(socket, tryAgainLaterCode, 'Nothing was read for too long; connect again.');
    progressed = false;
    socket.ping();
  }, periodMs);
  socket.once('close', () => clearInterval(pings));
  return progress;
}
