import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  SignJWT,
  type CryptoKey,
  type JSONWebKeySet,
  type JWK,
} from 'jose';
import { StartupError } from '../../shared/errors.ts';

export interface TokenRequest {
  readonly userId: string;
  readonly tenantId: string;
  readonly scopes: readonly string[];
  readonly clientId?: string;
  readonly expiresInSeconds: number;
}

export interface TokenIssuer {
  /** The public half, as it is served at `/.well-known/jwks.json`. */
  readonly jwks: () => JSONWebKeySet;
  readonly issue: (request: TokenRequest) => Promise<string>;
}

export interface TokenIssuerOptions {
  readonly issuer: string;
  readonly audience: string;
}

const fileName = 'token-signing-key.json';

/** The built-in issuer, for a gateway without an auth service: its key pair lives in the data folder and survives restarts. */
export async function openTokenIssuer(folder: string, options: TokenIssuerOptions): Promise<TokenIssuer> {
  const path = join(folder, fileName);
  const stored = (await readKey(path)) ?? (await createKey(folder, path));
  const { d: _secret, ...publicKey } = stored;
  const signingKey = await importSigningKey(stored, path);
  return {
    jwks: () => ({ keys: [{ ...publicKey }] }),
    issue: (request) => sign(request, options, signingKey, stored.kid),
  };
}

function sign(
  request: TokenRequest,
  { issuer, audience }: TokenIssuerOptions,
  key: CryptoKey,
  kid: string | undefined,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const { userId, tenantId, scopes, clientId = 'scrollback' } = request;
  return new SignJWT({ type: 'access', client_id: clientId, scope: scopes.join(' '), tenant_id: tenantId })
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT', ...(kid !== undefined && { kid }) })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(userId)
    .setIssuedAt(now)
    .setNotBefore(now)
    .setExpirationTime(now + request.expiresInSeconds)
    .setJti(randomUUID())
    .sign(key);
}

async function readKey(path: string): Promise<JWK | null> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
    throw new StartupError(`The signing key ${path} cannot be read.`, cause);
  });
  return text === null ? null : parseKey(text, path);
}

function parseKey(text: string, path: string): JWK {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch {
    // Told below, like JSON that is no object.
  }
  throw damaged(path);
}

async function importSigningKey(stored: JWK, path: string): Promise<CryptoKey> {
  try {
    const key = await importJWK(stored, 'ES256');
    if (!(key instanceof Uint8Array) && key.type === 'private') return key;
  } catch {
    // Told below, like a public key in the private one's place.
  }
  throw damaged(path);
}

const damaged = (path: string): StartupError =>
  new StartupError(
    `The signing key ${path} is damaged. Delete it to get a new one; tokens issued before stop working.`,
  );

/** Linking a finished file into place succeeds for one of several starts at once; the others take that one's key. */
async function createKey(folder: string, path: string): Promise<JWK> {
  const draft = `${path}.${randomUUID()}`;
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(draft, JSON.stringify(await generateKey()), { mode: 0o600, flag: 'wx' });
    await link(draft, path).catch(unlessTaken);
  } catch (cause) {
    throw new StartupError(`The signing key ${path} cannot be written; is the folder writable?`, cause);
  } finally {
    await rm(draft, { force: true });
  }
  const key = await readKey(path);
  if (key === null) throw new StartupError(`The signing key ${path} vanished while it was being made.`);
  return key;
}

function unlessTaken(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
}

async function generateKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const key = await exportJWK(privateKey);
  return { ...key, kid: await calculateJwkThumbprint(key), alg: 'ES256', use: 'sig' };
}
