import type { TokenVerifier } from './token-verifier.ts';
import type { Viewer } from './viewer.ts';

interface Remembered {
  readonly viewer: Viewer;
  readonly until: number;
}

/** So long a key that was taken back may still be good for a token that was seen with it. */
const maxAgeMs = 60_000;
const maxTokens = 10_000;

/** Checks a token's signature once a minute, not at every request: that costs more than all else of a small query. */
export function rememberTokens(verifier: TokenVerifier): TokenVerifier {
  const known = new Map<string, Remembered>();
  return {
    verify: async (token) => {
      const remembered = known.get(token);
      if (remembered !== undefined && Date.now() < remembered.until) return remembered.viewer;
      known.delete(token);
      const viewer = await verifier.verify(token);
      forgetOldest(known);
      const now = Date.now();
      known.set(token, { viewer, until: Math.min(now + maxAgeMs, viewer.expiresAt ?? now) });
      return viewer;
    },
  };
}

/** Only good tokens are in it, so nobody fills it who cannot have tokens. */
function forgetOldest(known: Map<string, Remembered>): void {
  const oldest = known.keys().next();
  if (known.size >= maxTokens && oldest.done === false) known.delete(oldest.value);
}
