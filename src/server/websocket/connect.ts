import type { WebSocket } from 'ws';
import type { Credentials } from '../../services/identity/authenticator.ts';
import type { Viewer } from '../../services/identity/viewer.ts';
import { keysOf } from '../admission/caller.ts';
import type { Edge } from '../edge.ts';
import { presentError } from '../present-error.ts';
import { requestLog } from '../request-log.ts';
import { closeCodeOf, closeSoon, revokedCode, tokenExpiredCode } from './close.ts';
import type { ConnectQueue } from './connect-queue.ts';
import type { SocketExtra } from './socket-extra.ts';

const maxTimeoutMs = 2 ** 31 - 1;

/** Who is at the other end, and whether there is room for one more; if not, the socket is closed with a code that says so. */
export async function admitSocket(
  edge: Edge,
  queue: ConnectQueue,
  payload: Readonly<Record<string, unknown>>,
  extra: SocketExtra,
): Promise<void> {
  const { socket, connectionId } = extra;
  try {
    const viewer = await queue.run(async () => {
      await edge.admission.enter(extra.caller.address);
      return edge.authenticator.authenticate(credentialsOf(payload));
    });
    if (socket.readyState !== socket.OPEN) return;
    extra.caller = { ...extra.caller, viewer };
    const release = edge.sockets.take(keysOf(extra.caller));
    socket.once('close', release);
    closeAtExpiry(socket, viewer);
    if (viewer === null) return;
    socket.once(
      'close',
      edge.authenticator.onRevoked(viewer, (reason) => closeSoon(socket, revokedCode, reason)),
    );
  } catch (error) {
    const { message, extensions } = presentError(error, requestLog(edge, connectionId, extra.caller.address));
    closeSoon(socket, closeCodeOf(error), `${String(extensions?.['code'])}: ${message}`);
  }
}

/** As headers are spelt or in any case. */
function credentialsOf(payload: Readonly<Record<string, unknown>>): Credentials {
  const headers = new Map(Object.entries(payload).map(([name, value]) => [name.toLowerCase(), value]));
  const authorization = headers.get('authorization');
  const internalKey = headers.get('x-internal-auth');
  return {
    ...(typeof authorization === 'string' ? { authorization } : {}),
    ...(typeof internalKey === 'string' ? { internalKey } : {}),
  };
}

/** The token's end is the socket's end; the client connects again with a fresh one. */
function closeAtExpiry(socket: WebSocket, viewer: Viewer | null): void {
  if (viewer?.expiresAt == null) return;
  const expiry = setTimeout(
    () => closeSoon(socket, tokenExpiredCode, 'The token has expired; connect again with a fresh one.'),
    Math.min(Math.max(0, viewer.expiresAt - Date.now()), maxTimeoutMs),
  );
  socket.once('close', () => clearTimeout(expiry));
}
