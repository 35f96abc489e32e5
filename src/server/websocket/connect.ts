import type { WebSocket } from 'ws';
import type { Credentials } from '../../services/identity/authenticator.ts';
import type { RevocableAuthenticator } from '../../services/identity/revocable-authenticator.ts';
import type { Viewer } from '../../services/identity/viewer.ts';
import { closeSoon, revokedCode, tokenExpiredCode } from './close.ts';

const maxTimeoutMs = 2 ** 31 - 1;

/** Takes the token from the payload of connection_init, as headers are spelt or in any case; the token's end is the socket's end. */
export async function identify(
  authenticator: RevocableAuthenticator,
  payload: Record<string, unknown>,
  socket: WebSocket,
): Promise<Viewer | null> {
  const viewer = await authenticator.authenticate(credentialsOf(payload));
  if (viewer?.expiresAt != null) closeAt(socket, viewer.expiresAt);
  if (viewer !== null) {
    socket.once(
      'close',
      authenticator.onRevoked(viewer, (reason) => closeSoon(socket, revokedCode, reason)),
    );
  }
  return viewer;
}

function credentialsOf(payload: Record<string, unknown>): Credentials {
  const headers = new Map(Object.entries(payload).map(([name, value]) => [name.toLowerCase(), value]));
  const authorization = headers.get('authorization');
  const internalKey = headers.get('x-internal-auth');
  return {
    ...(typeof authorization === 'string' ? { authorization } : {}),
    ...(typeof internalKey === 'string' ? { internalKey } : {}),
  };
}

/** The client connects again with a fresh token. */
function closeAt(socket: WebSocket, expiresAt: number): void {
  if (socket.readyState !== socket.OPEN) return;
  const remaining = Math.min(Math.max(0, expiresAt - Date.now()), maxTimeoutMs);
  const expiry = setTimeout(
    () => closeSoon(socket, tokenExpiredCode, 'The token has expired; connect again with a fresh one.'),
    remaining,
  );
  socket.once('close', () => clearTimeout(expiry));
}
