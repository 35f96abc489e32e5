import { prepareDataFolder } from '../databases/embedded/location.ts';
import type { Config } from '../config/config.ts';
import { createAuthenticator, type Authenticator } from '../services/identity/authenticator.ts';
import { keysFromUrl, type RemoteKeys } from '../services/identity/remote-keys.ts';
import { rememberTokens } from '../services/identity/remembered-tokens.ts';
import { openTokenIssuer, type TokenIssuer } from '../services/identity/token-issuer.ts';
import { createTokenVerifier } from '../services/identity/token-verifier.ts';
import { keysFromFile, keysFromJwks, type VerificationKeys } from '../services/identity/verification-keys.ts';

export interface Identity {
  readonly authenticator: Authenticator;
  /** Null where tokens come from elsewhere. */
  readonly issuer: TokenIssuer | null;
  /** The keys that have to be fetched; null where they are here. */
  readonly remoteKeys: RemoteKeys | null;
}

/** Who checks tokens, and with which keys; the built-in issuer where no other is configured. */
export async function openIdentity(config: Config): Promise<Identity> {
  const { keys: source, issuer: issuerName, audience, clockToleranceSeconds, internalApiKey } = config.auth;
  const issuer = source.kind === 'built-in' ? await openBuiltInIssuer(config) : null;
  const remoteKeys = source.kind === 'jwks-url' ? keysFromUrl(source.url) : null;
  const keys: VerificationKeys =
    remoteKeys !== null
      ? remoteKeys.find
      : source.kind === 'file'
        ? await keysFromFile(source.path)
        : keysFromJwks((issuer as TokenIssuer).jwks());
  const verifier = rememberTokens(createTokenVerifier({ keys, issuer: issuerName, audience, clockToleranceSeconds }));
  return { issuer, remoteKeys, authenticator: createAuthenticator({ verifier, internalApiKey }) };
}

export async function openBuiltInIssuer(config: Config): Promise<TokenIssuer> {
  const { issuer, audience } = config.auth;
  return openTokenIssuer(prepareDataFolder(config.dataFolder), { issuer, audience });
}
