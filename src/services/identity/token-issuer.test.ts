import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openTokenIssuer, type TokenIssuer } from './token-issuer.ts';
import { createTokenVerifier } from './token-verifier.ts';
import { keysFromJwks } from './verification-keys.ts';

const names = { issuer: 'https://auth.codelab.local', audience: 'codelab-api' };
const request = { userId: 'u1', tenantId: 'acme', scopes: ['api:read', 'audit:read'], expiresInSeconds: 900 };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'issuer-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const keyFile = (): string => join(folder, 'data', 'token-signing-key.json');
const open = (): Promise<TokenIssuer> => openTokenIssuer(join(folder, 'data'), names);

test('its tokens pass the verifier', async () => {
  const issuer = await open();
  const verifier = createTokenVerifier({ keys: keysFromJwks(issuer.jwks()), ...names, clockToleranceSeconds: 0 });
  const viewer = await verifier.verify(await issuer.issue({ ...request, clientId: 'cli' }));
  expect(viewer).toMatchObject({ userId: 'u1', tenantId: 'acme', scopes: request.scopes, clientId: 'cli' });
  expect((viewer.expiresAt ?? 0) - Date.now()).toBeGreaterThan(890_000);
});

test('a token has everything that the auth-service puts in', async () => {
  const issuer = await open();
  const token = await issuer.issue(request);
  const { iat = 0, ...claims } = decodeJwt(token);
  expect(claims).toEqual({
    iss: names.issuer,
    aud: names.audience,
    sub: 'u1',
    exp: iat + 900,
    nbf: iat,
    jti: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    type: 'access',
    client_id: 'scrollback',
    scope: 'api:read audit:read',
    tenant_id: 'acme',
  });
  expect(decodeProtectedHeader(token)).toEqual({ alg: 'ES256', typ: 'JWT', kid: issuer.jwks().keys[0]?.kid });
});

test('the key is for its owner only, and its secret half stays at home', async () => {
  const [key] = (await open()).jwks().keys;
  expect(statSync(keyFile()).mode & 0o777).toBe(0o600);
  expect(Object.keys(key ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
});

test('the key survives a restart', async () => {
  const before = (await open()).jwks();
  expect((await open()).jwks()).toEqual(before);
});

test('starts at the same time end with one key', async () => {
  const issuers = await Promise.all(Array.from({ length: 8 }, open));
  expect(new Set(issuers.map((issuer) => JSON.stringify(issuer.jwks()))).size).toBe(1);
  expect(readdirSync(join(folder, 'data'))).toEqual(['token-signing-key.json']);
});

test.each(['', '{', '{}', 'null', '{"kty":"oct","k":"AAAA"}'])('a damaged key file %o is told', async (content) => {
  await open();
  writeFileSync(keyFile(), content);
  await expect(open()).rejects.toThrow(/is damaged. Delete it/);
});

test('a public key in the place of the private one is told', async () => {
  const [publicKey] = (await open()).jwks().keys;
  writeFileSync(keyFile(), JSON.stringify(publicKey));
  await expect(open()).rejects.toThrow(/is damaged/);
  expect(readFileSync(keyFile(), 'utf8')).toBe(JSON.stringify(publicKey));
});

test('a folder that cannot be made is told', async () => {
  writeFileSync(join(folder, 'file'), '');
  await expect(openTokenIssuer(join(folder, 'file', 'data'), names)).rejects.toThrow(
    /signing key .* cannot be (read|written)/,
  );
});
