import { errors, jwtVerify, type JWTHeaderParameters, type JWTPayload } from 'jose';
import { ScrollbackError } from '../../shared/errors.ts';
import type { VerificationKeys } from './verification-keys.ts';
import { viewerOf, type Viewer } from './viewer.ts';

export interface TokenVerifier {
  /** The viewer that the token speaks for; UNAUTHENTICATED with what to do, or UNAVAILABLE when the keys cannot be had. */
  readonly verify: (token: string) => Promise<Viewer>;
}

export interface TokenVerifierOptions {
  readonly keys: VerificationKeys;
  readonly issuer: string;
  readonly audience: string;
  readonly clockToleranceSeconds: number;
}

export function createTokenVerifier({
  keys,
  issuer,
  audience,
  clockToleranceSeconds,
}: TokenVerifierOptions): TokenVerifier {
  const expectations = {
    algorithms: ['RS256', 'ES256'],
    issuer,
    audience,
    clockTolerance: clockToleranceSeconds,
    requiredClaims: ['sub', 'exp'],
  };
  return {
    verify: async (token) => {
      const { payload, protectedHeader } = await jwtVerify(token, keys, expectations).catch((error: unknown) => {
        throw refusalOf(error);
      });
      if (!isAccessToken(protectedHeader, payload))
        throw unauthenticated('The token is not an access token; send the access token.');
      return viewerFrom(payload);
    },
  };
}

export const unauthenticated = (message: string, details?: Record<string, unknown>): ScrollbackError =>
  new ScrollbackError('UNAUTHENTICATED', message, details);

/** The auth-service says it in a claim of its own, others in the header as RFC 9068 has it; neither may deny the other. */
function isAccessToken({ typ }: JWTHeaderParameters, { type }: JWTPayload): boolean {
  const named = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : typ;
  if (named === 'at+jwt') return type === undefined || type === 'access';
  return (named === undefined || named === 'jwt') && type === 'access';
}

function viewerFrom(claims: JWTPayload): Viewer {
  if (typeof claims.sub !== 'string' || claims.sub === '') throw unauthenticated('The token names no user (sub).');
  return viewerOf({
    userId: claims.sub,
    tenantId: tenantOf(claims),
    scopes: scopesOf(claims['scope']),
    clientId: typeof claims['client_id'] === 'string' ? claims['client_id'] : null,
    issuedAt: claims.iat === undefined ? null : claims.iat * 1000,
    expiresAt: (claims.exp ?? 0) * 1000,
  });
}

/** Only a token that names no tenant is in the default one; a claim that we cannot read must not become it. */
function tenantOf(claims: JWTPayload): string {
  const tenant = claims['tenant_id'] ?? claims['tenant'] ?? 'default';
  if (typeof tenant !== 'string' || tenant === '')
    throw unauthenticated('The token names its tenant in a way that cannot be read.');
  return tenant;
}

function scopesOf(claim: unknown): string[] {
  const words: unknown[] = typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : [];
  return words.filter((word) => typeof word === 'string' && word !== '') as string[];
}

/** Says what to do and never quotes the token. */
function refusalOf(error: unknown): ScrollbackError {
  if (error instanceof ScrollbackError) return error;
  if (error instanceof errors.JWTExpired)
    return unauthenticated('The token has expired; get a new one.', { reason: 'TOKEN_EXPIRED' });
  if (error instanceof errors.JWTClaimValidationFailed) return unauthenticated(claimRefusal(error));
  if (error instanceof errors.JOSEAlgNotAllowed)
    return unauthenticated('The token must be signed with RS256 or ES256.');
  if (error instanceof errors.JWKSNoMatchingKey)
    return unauthenticated('The token is signed with a key that is not known here.');
  if (error instanceof errors.JWKSMultipleMatchingKeys)
    return unauthenticated('The token does not say which key signed it (kid).');
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return unauthenticated("The token's signature is not right.");
  return unauthenticated('The token cannot be read; send a JWT access token.');
}

function claimRefusal({ claim, reason }: errors.JWTClaimValidationFailed): string {
  if (reason === 'missing') return `The token lacks the claim "${claim}".`;
  if (claim === 'iss') return 'The token comes from another issuer than the one trusted here.';
  if (claim === 'aud') return 'The token is meant for another service (aud).';
  if (claim === 'nbf') return 'The token is not valid yet; check the clocks.';
  return `The token's claim "${claim}" is not right.`;
}
