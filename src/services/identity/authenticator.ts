import { createHash, timingSafeEqual } from 'node:crypto';
import { unauthenticated, type TokenVerifier } from './token-verifier.ts';
import { viewerOf, type Viewer } from './viewer.ts';

/** What a request or a `connection_init` carried, as it came. */
export interface Credentials {
  /** The `Authorization` header. */
  readonly authorization?: string;
  /** The `X-Internal-Auth` header. */
  readonly internalKey?: string;
}

export interface Authenticator {
  /** null when nothing was presented at all; what is presented and wrong is UNAUTHENTICATED. */
  readonly authenticate: (credentials: Credentials) => Promise<Viewer | null>;
}

export interface AuthenticatorOptions {
  readonly verifier: TokenVerifier;
  /** null = internal services are not admitted. */
  readonly internalApiKey: string | null;
}

export function createAuthenticator({ verifier, internalApiKey }: AuthenticatorOptions): Authenticator {
  return {
    authenticate: async ({ authorization, internalKey }) => {
      if (authorization !== undefined && internalKey !== undefined) {
        throw unauthenticated('Send either Authorization or X-Internal-Auth, not both.');
      }
      if (authorization !== undefined) return verifier.verify(bearerTokenOf(authorization));
      return internalKey === undefined ? null : internalViewer(internalKey, internalApiKey);
    },
  };
}

function bearerTokenOf(authorization: string): string {
  const [, token] = /^Bearer +(\S+)$/i.exec(authorization.trim()) ?? [];
  if (token === undefined) throw unauthenticated('Authorization must read "Bearer <access token>".');
  return token;
}

function internalViewer(presented: string, expected: string | null): Viewer {
  if (expected === null || !equalInConstantTime(presented, expected))
    throw unauthenticated('The key in X-Internal-Auth is not right.');
  return viewerOf({ userId: null, scopes: ['api:read', 'api:write', 'api:admin', 'audit:read'] });
}

/** Hashes have one length, so not even the key's length shows in the time. */
const equalInConstantTime = (a: string, b: string): boolean => timingSafeEqual(sha256(a), sha256(b));

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
