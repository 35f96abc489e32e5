import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createLocalJWKSet, type JSONWebKeySet, type JWK, type JWTVerifyGetKey } from 'jose';
import { StartupError } from '../../shared/errors.ts';

/**
 * Finds the key for a token by the header's `alg` and `kid`, and by nothing else that the token says:
 * a `jku`, `jwk` or `x5u` header has no say.
 */
export type VerificationKeys = JWTVerifyGetKey;

export const keysFromJwks = (jwks: JSONWebKeySet): VerificationKeys => createLocalJWKSet(jwks);

/** Public keys of a PEM, JWK or JWKS file. Keys that sign neither RS256 nor ES256 are passed over. */
export async function keysFromFile(path: string): Promise<VerificationKeys> {
  const keys = parseKeys(await read(path), path).filter(signsTokens);
  const [only, ...others] = keys;
  if (only === undefined) {
    throw new StartupError(`The key file ${path} has no key for RS256 (RSA from 2048 bits) or ES256 (EC P-256).`);
  }
  const found = keysFromJwks({ keys });
  // A PEM file cannot say a key's id, so its one key answers for whatever id a token names.
  return only.kid === undefined && others.length === 0 ? ({ alg }, token) => found({ alg }, token) : found;
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new StartupError(`The key file ${path} cannot be read.`, cause);
  }
}

function parseKeys(text: string, path: string): JWK[] {
  const keys = text.trimStart().startsWith('{') ? parseJwks(text, path) : [parsePem(text, path)];
  if (keys.some((key) => 'd' in key || key.kty === 'oct')) throw secretInside(path);
  return keys;
}

function parseJwks(text: string, path: string): JWK[] {
  try {
    const parsed = JSON.parse(text) as JWK | JSONWebKeySet;
    return 'keys' in parsed && Array.isArray(parsed.keys) ? parsed.keys : [parsed as JWK];
  } catch {
    throw new StartupError(`The key file ${path} is not a PEM, JWK or JWKS file.`);
  }
}

function parsePem(text: string, path: string): JWK {
  if (text.includes('PRIVATE KEY')) throw secretInside(path);
  try {
    return createPublicKey(text).export({ format: 'jwk' });
  } catch {
    throw new StartupError(`The key file ${path} is not a PEM, JWK or JWKS file.`);
  }
}

const secretInside = (path: string): StartupError =>
  new StartupError(`The key file ${path} holds a secret key; checking tokens needs the public key only.`);

function signsTokens(key: JWK): boolean {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = keyObjectOf(key) ?? {};
  return (
    (type === 'rsa' && (details?.modulusLength ?? 0) >= 2048) || (type === 'ec' && details?.namedCurve === 'prime256v1')
  );
}

function keyObjectOf(key: JWK): KeyObject | null {
  try {
    return createPublicKey({ key: { ...key }, format: 'jwk' });
  } catch {
    return null;
  }
}
