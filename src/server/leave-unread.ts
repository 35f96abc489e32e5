import type { IncomingMessage, ServerResponse } from 'node:http';
import { giveBack } from './give-back.ts';

/** What is left of a shorter body is read to its end, so that the connection can be used again. */
const worthReadingBytes = 64 * 1024;
/** For the client to read the answer and to close; who is cut off while still sending may never see it. */
const lingerMs = 1_000;

/** Whether a request is answered before its body is read, and the rest is too much to be read for nothing. */
export function isWorthLeaving({ complete, headers }: IncomingMessage): boolean {
  if (complete) return false;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > worthReadingBytes;
}

/**
 * The whole answer without an end of it: at the end Node would read what is left of the request, however long it is, and
 * close the connection at once where it is not to be used again. Unread it stays in the sender's own buffers, and the
 * client knows by the length that there is no more to come.
 */
export function answerAndLeave(response: ServerResponse, text: string): void {
  const request = response.req;
  const { socket } = request;
  // Its answer has no body, and writing one does not send the headers.
  if (request.method === 'HEAD') response.flushHeaders();
  response.write(text, () => {
    socket.end();
    const cut = setTimeout(() => socket.destroy(), lingerMs).unref();
    socket.once('close', () => {
      clearTimeout(cut);
      const unread = request.read() as Buffer | null;
      if (unread !== null) giveBack(unread);
    });
  });
}
