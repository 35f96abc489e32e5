import type { Authenticator } from './authenticator.ts';
import type { Revocations } from './revocations.ts';
import { unauthenticated } from './token-verifier.ts';
import type { Viewer } from './viewer.ts';

/** An authenticator whose tokens can be taken back before their end. */
export interface RevocableAuthenticator extends Authenticator {
  /** Calls the listener, with what to tell the client, when the viewer's token is taken back; returns how to stop that. */
  readonly onRevoked: (viewer: Viewer, listener: (message: string) => void) => () => void;
}

const message = 'The token has been taken back; log in again.';

export function revocable(
  { authenticate }: Authenticator,
  revocations: Pick<Revocations, 'isRevoked' | 'onRevoked'>,
): RevocableAuthenticator {
  return {
    authenticate: async (credentials) => {
      const viewer = await authenticate(credentials);
      if (viewer !== null && revocations.isRevoked(viewer)) throw unauthenticated(message, { reason: 'TOKEN_REVOKED' });
      return viewer;
    },
    onRevoked: (viewer, listener) => revocations.onRevoked(viewer, () => listener(message)),
  };
}
