import { createHmac } from 'node:crypto';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ScrollbackError } from '../../shared/errors.ts';
import { createTokenVerifier, type TokenVerifier } from './token-verifier.ts';
import { keysFromJwks } from './verification-keys.ts';

const issuer = 'https://auth.codelab.local';
const audience = 'codelab-api';
const now = Math.floor(Date.now() / 1000);
const claims = {
  iss: issuer,
  aud: audience,
  sub: 'u1',
  exp: now + 900,
  iat: now,
  nbf: now,
  type: 'access',
  client_id: 'app',
  scope: 'api:read api:write',
};

let rsa: { privateKey: CryptoKey; publicKey: CryptoKey };
let ec: { privateKey: CryptoKey; publicKey: CryptoKey };
let published: JWK[];
let verifier: TokenVerifier;

beforeAll(async () => {
  rsa = await generateKeyPair('RS256', { extractable: true });
  ec = await generateKeyPair('ES256', { extractable: true });
  published = [
    { ...(await exportJWK(rsa.publicKey)), kid: 'rsa', alg: 'RS256', use: 'sig' },
    { ...(await exportJWK(ec.publicKey)), kid: 'ec', alg: 'ES256', use: 'sig' },
  ];
  verifier = createTokenVerifier({
    keys: keysFromJwks({ keys: published }),
    issuer,
    audience,
    clockToleranceSeconds: 5,
  });
});

const signed = (payload: JWTPayload, header: Record<string, unknown> = {}, key = rsa.privateKey): Promise<string> =>
  new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: 'rsa', ...header }).sign(key);

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** What a token is answered with; a message that quotes the token is no sentence of ours. */
async function answerTo(token: string): Promise<string> {
  try {
    const { userId } = await verifier.verify(token);
    return `accepted for ${userId}`;
  } catch (error) {
    const { code, message } = error as ScrollbackError;
    const signature = token.split('.').at(-1) ?? '';
    return signature.length > 8 && message.includes(signature) ? 'the message quotes the token' : `${code}: ${message}`;
  }
}

describe('a good token', () => {
  test('tells the viewer', async () => {
    expect(await verifier.verify(await signed(claims))).toEqual({
      userId: 'u1',
      tenantId: 'default',
      scopes: ['api:read', 'api:write'],
      isAdmin: false,
      isTenantAdmin: false,
      canReadAudit: false,
      canRead: true,
      clientId: 'app',
      issuedAt: claims.iat * 1000,
      expiresAt: claims.exp * 1000,
      origin: null,
    });
  });

  test('may be signed with ES256', async () => {
    const token = await signed(claims, { alg: 'ES256', kid: 'ec' }, ec.privateKey);
    expect((await verifier.verify(token)).userId).toBe('u1');
  });

  test.each([
    [{ tenant_id: 'acme' }, 'acme'],
    [{ tenant: 'acme' }, 'acme'],
    [{}, 'default'],
  ])('names its tenant as %o', async (claim, tenant) => {
    expect((await verifier.verify(await signed({ ...claims, ...claim }))).tenantId).toBe(tenant);
  });

  test.each([
    ['api:read  audit:read ', ['api:read', 'audit:read']],
    [['api:admin'], ['api:admin']],
    [undefined, []],
    [7, []],
  ])('has the scopes of %o', async (scope, scopes) => {
    expect((await verifier.verify(await signed({ ...claims, scope }))).scopes).toEqual(scopes);
  });

  test.each([
    [{ typ: 'JWT' }, { type: 'access' }],
    [{ typ: 'application/jwt' }, { type: 'access' }],
    [{ typ: 'at+jwt' }, { type: 'access' }],
    [{ typ: 'at+jwt' }, { type: undefined }],
    [{ typ: 'Application/AT+JWT' }, { type: undefined }],
  ])('says that it is an access token by %o and %o', async (header, claim) => {
    expect(await answerTo(await signed({ ...claims, ...claim }, header))).toBe('accepted for u1');
  });

  test.each([
    [{ typ: 'at+jwt' }, { type: 'refresh' }],
    [{ typ: 'JWT' }, { type: undefined }],
    [{ typ: 'not-at+jwt' }, { type: undefined }],
    [{ typ: 'x-application/at+jwt' }, { type: undefined }],
    [{ typ: 'logout+jwt' }, { type: 'access' }],
  ])('is not what says %o and %o', async (header, claim) => {
    expect(await answerTo(await signed({ ...claims, ...claim }, header))).toMatch(/^UNAUTHENTICATED: .*not an access/);
  });

  test('is tolerated a few seconds around its time', async () => {
    expect(await verifier.verify(await signed({ ...claims, exp: now - 2, nbf: now + 2 }))).toMatchObject({
      userId: 'u1',
    });
  });
});

describe('claims that are refused', () => {
  test.each<[string, object, RegExp]>([
    ['another issuer', { iss: 'https://evil.example' }, /^UNAUTHENTICATED: .*another issuer/],
    ['no issuer', { iss: undefined }, /^UNAUTHENTICATED: .*"iss"/],
    ['another audience', { aud: 'other-api' }, /^UNAUTHENTICATED: .*another service/],
    ['no audience', { aud: undefined }, /^UNAUTHENTICATED: .*"aud"/],
    ['expired', { exp: now - 6 }, /^UNAUTHENTICATED: .*expired/],
    ['no expiry', { exp: undefined }, /^UNAUTHENTICATED: .*"exp"/],
    ['an expiry that is no number', { exp: 'never' }, /^UNAUTHENTICATED: .*"exp"/],
    ['not valid yet', { nbf: now + 60 }, /^UNAUTHENTICATED: .*not valid yet/],
    ['a refresh token', { type: 'refresh' }, /^UNAUTHENTICATED: .*not an access token/],
    ['no type', { type: undefined }, /^UNAUTHENTICATED: .*not an access token/],
    ['no subject', { sub: undefined }, /^UNAUTHENTICATED: .*"sub"/],
    ['an empty subject', { sub: '' }, /^UNAUTHENTICATED: .*no user/],
    ['a subject that is no text', { sub: 7 }, /^UNAUTHENTICATED: .*no user/],
    ['an empty tenant', { tenant_id: '' }, /^UNAUTHENTICATED: .*tenant/],
    ['a tenant that is no text', { tenant_id: ['acme'] }, /^UNAUTHENTICATED: .*tenant/],
  ])('%s', async (_, changed, message) => {
    expect(await answerTo(await signed({ ...claims, ...changed }))).toMatch(message);
  });
});

test('an expired token is told so in a way that clients can act on', async () => {
  await expect(verifier.verify(await signed({ ...claims, exp: now - 60 }))).rejects.toMatchObject({
    details: { reason: 'TOKEN_EXPIRED' },
  });
});

test('a client that is no text is none', async () => {
  expect((await verifier.verify(await signed({ ...claims, client_id: 7 }))).clientId).toBeNull();
});

describe('signatures that are refused', () => {
  test('none at all', async () => {
    for (const alg of ['none', 'None', 'NONE']) {
      expect(await answerTo(`${encoded({ alg, kid: 'rsa' })}.${encoded(claims)}.`)).toMatch(
        /^UNAUTHENTICATED: .*RS256 or ES256/,
      );
    }
  });

  test('HS256 with the public key as its secret', async () => {
    const spki = await exportSPKI(rsa.publicKey);
    for (const secret of [spki, spki.trim(), JSON.stringify(published[0])]) {
      const content = `${encoded({ alg: 'HS256', kid: 'rsa' })}.${encoded(claims)}`;
      const signature = createHmac('sha256', secret).update(content).digest('base64url');
      expect(await answerTo(`${content}.${signature}`)).toMatch(/^UNAUTHENTICATED: .*RS256 or ES256/);
    }
  });

  test('another algorithm of the same key type', async () => {
    const { privateKey } = await generateKeyPair('PS256');
    expect(await answerTo(await signed(claims, { alg: 'PS256' }, privateKey))).toMatch(
      /^UNAUTHENTICATED: .*RS256 or ES256/,
    );
  });

  test("a key whose type is not the algorithm's", async () => {
    expect(await answerTo(await signed(claims, { alg: 'ES256', kid: 'rsa' }, ec.privateKey))).toMatch(
      /^UNAUTHENTICATED: .*key that is not known/,
    );
  });

  test.each(['unknown', '', '../../etc/passwd', '__proto__', "' or 1=1 --"])('key id %o', async (kid) => {
    expect(await answerTo(await signed(claims, { kid }))).toMatch(/^UNAUTHENTICATED: .*key that is not known/);
  });

  test('the key of somebody else under a known id', async () => {
    const { privateKey } = await generateKeyPair('RS256');
    expect(await answerTo(await signed(claims, {}, privateKey))).toMatch(/^UNAUTHENTICATED: .*signature/);
  });

  test('a key that the token brings along or points to', async () => {
    const stranger = await generateKeyPair('RS256', { extractable: true });
    const jwk = await exportJWK(stranger.publicKey);
    const headers = [{ jwk }, { jku: 'https://evil.example/jwks' }, { x5u: 'https://evil.example/x' }];
    for (const header of headers) {
      expect(await answerTo(await signed(claims, header, stranger.privateKey))).toMatch(
        /^UNAUTHENTICATED: .*signature/,
      );
      expect(await answerTo(await signed(claims, { ...header, kid: 'theirs' }, stranger.privateKey))).toMatch(
        /^UNAUTHENTICATED: .*not known/,
      );
    }
  });

  test('changed claims', async () => {
    const [header, , signature] = (await signed(claims)).split('.');
    expect(await answerTo(`${header}.${encoded({ ...claims, scope: 'api:admin' })}.${signature}`)).toMatch(
      /^UNAUTHENTICATED: .*signature/,
    );
  });

  test('any flipped bit', async () => {
    const token = await signed(claims, { alg: 'ES256', kid: 'ec' }, ec.privateKey);
    const start = token.lastIndexOf('.') + 1;
    const signature = Buffer.from(token.slice(start), 'base64url');
    for (let bit = 0; bit < signature.length * 8; bit += 1) {
      const flipped = Buffer.from(signature);
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(await answerTo(token.slice(0, start) + flipped.toString('base64url'))).toMatch(
        /^UNAUTHENTICATED: .*signature/,
      );
    }
  });

  test.each(['', 'x', 'a.b', 'a.b.c', 'a.b.c.d.e', '..', `${'A'.repeat(1000)}.A.A`])(
    '%o, which is no token',
    async (text) => {
      expect(await answerTo(text)).toMatch(/^UNAUTHENTICATED: .*cannot be read/);
    },
  );

  test('a critical header that we do not know', async () => {
    const header = encoded({ alg: 'RS256', kid: 'rsa', crit: ['hold'], hold: true });
    expect(await answerTo(`${header}.${encoded(claims)}.AAAA`)).toMatch(/^UNAUTHENTICATED: .*cannot be read/);
  });
});
