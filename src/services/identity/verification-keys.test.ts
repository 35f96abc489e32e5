import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, expect, test } from 'vitest';
import { createTokenVerifier } from './token-verifier.ts';
import { keysFromFile } from './verification-keys.ts';

const folder = mkdtempSync(join(tmpdir(), 'keys-'));
afterAll(() => rmSync(folder, { recursive: true }));

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();
const jwk = (key: KeyObject, extra: object = {}): object => ({ ...key.export({ format: 'jwk' }), ...extra });

function file(content: string | object): string {
  const path = join(folder, String(Math.random()));
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

async function viewerBy(path: string, alg: string, key: KeyObject, kid?: string): Promise<string | null> {
  const token = await new SignJWT({ type: 'access' })
    .setProtectedHeader({ alg, ...(kid !== undefined && { kid }) })
    .setIssuer('here')
    .setAudience('us')
    .setSubject('u1')
    .setExpirationTime('1h')
    .sign(key);
  const keys = await keysFromFile(path);
  const verifier = createTokenVerifier({ keys, issuer: 'here', audience: 'us', clockToleranceSeconds: 0 });
  return (await verifier.verify(token)).userId;
}

test('a PEM file, whatever key id the token names', async () => {
  expect(await viewerBy(file(pem(rsa.publicKey)), 'RS256', rsa.privateKey, 'any')).toBe('u1');
  expect(await viewerBy(file(pem(ec.publicKey)), 'ES256', ec.privateKey)).toBe('u1');
});

test('a JWK file', async () => {
  expect(await viewerBy(file(jwk(ec.publicKey, { kid: 'a' })), 'ES256', ec.privateKey, 'a')).toBe('u1');
  await expect(viewerBy(file(jwk(ec.publicKey, { kid: 'a' })), 'ES256', ec.privateKey, 'b')).rejects.toThrow(
    'not known',
  );
});

test('a JWKS file, past keys that sign nothing we take', async () => {
  const other = generateKeyPairSync('ed25519').publicKey;
  const keys = [jwk(other, { kid: 'ed' }), jwk(rsa.publicKey, { kid: 'r' }), jwk(ec.publicKey, { kid: 'e' })];
  expect(await viewerBy(file({ keys }), 'RS256', rsa.privateKey, 'r')).toBe('u1');
  expect(await viewerBy(file(` \n${JSON.stringify({ keys })}`), 'ES256', ec.privateKey, 'e')).toBe('u1');
});

test.each<[string, string | object, RegExp]>([
  ['a private PEM', rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), /secret key/],
  ['a private JWK', jwk(ec.privateKey), /secret key/],
  ['a symmetric key', { kty: 'oct', k: 'AAAA' }, /secret key/],
  ['an RSA key of 1024 bits', pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey), /2048 bits/],
  ['an EC key of another curve', pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey), /ES256/],
  ['an RSA key for PSS only', pem(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey), /RS256|PEM/],
  ['a key that is none', { kty: 'RSA', n: '!' }, /no key for RS256/],
  ['keys that are no list', { keys: 7 }, /no key for RS256/],
  ['no keys', { keys: [] }, /no key for RS256/],
  ['half a JSON', '{"keys":', /not a PEM, JWK or JWKS file/],
  ['something else', 'hello', /not a PEM, JWK or JWKS file/],
])('%s is refused', async (_, content, message) => {
  await expect(keysFromFile(file(content))).rejects.toThrow(message);
});

test('a missing file is named', async () => {
  await expect(keysFromFile('/nowhere/key.pem')).rejects.toThrow('/nowhere/key.pem cannot be read');
});
