import { CloseCode } from 'graphql-ws';
import type { WebSocket } from 'ws';
import { ScrollbackError } from '../../shared/errors.ts';

/** Clients of graphql-ws answer these by connecting again, all others by giving up. */
export const tokenExpiredCode: number = CloseCode.Forbidden;
const serviceRestartCode = 1012;
export const tryAgainLaterCode = 1013;

/** For good: clients do not connect again. */
export const revokedCode: number = CloseCode.Unauthorized;

/** Something went wrong on our side. */
export const serverErrorCode: number = CloseCode.InternalServerError;

const closeGraceMs = 1_000;
const maxReasonBytes = 123;

/** Closing is a matter of two: who does not answer is cut off. */
export function closeSoon(socket: WebSocket, code: number, reason: string): void {
  if (socket.readyState !== socket.OPEN) return;
  socket.close(code, Buffer.from(reason).subarray(0, maxReasonBytes));
  const cut = setTimeout(() => socket.terminate(), closeGraceMs);
  socket.once('close', () => clearTimeout(cut));
}

export const closeForRestart = (socket: WebSocket): void =>
  closeSoon(socket, serviceRestartCode, 'The gateway restarts; connect again.');

/** A client whose token has merely expired connects again with a fresh one; one that is refused for good does not. */
export function closeCodeOf(error: unknown): number {
  if (!(error instanceof ScrollbackError) || error.code !== 'UNAUTHENTICATED') return tryAgainLaterCode;
  return error.details['reason'] === 'TOKEN_EXPIRED' ? tokenExpiredCode : revokedCode;
}
