import { createHmac, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { exportJWK, exportSPKI, SignJWT, type JWTPayload } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keysFromUrl, type RemoteKeysOptions } from '../../src/services/identity/remote-keys.ts';
import { createTokenVerifier } from '../../src/services/identity/token-verifier.ts';
import { testDatabases, type TestDatabases } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { ProtocolSocket } from '../support/protocol-socket.ts';
import { audience, signingKey, TestProvider, type SigningKey } from './provider.ts';

// Tokens of a provider that is not ours, and everything that is tried with them.

let test: TestDatabases;
let gateway: TestGateway;
let provider: TestProvider;
let [rsa, ec, mallory]: SigningKey[] = [];

beforeAll(async () => {
  [rsa, ec, mallory] = await Promise.all([signingKey('rsa'), signingKey('ec', 'ES256'), signingKey('rsa')]);
  [test, provider] = await Promise.all([testDatabases(), TestProvider.start(rsa, ec)]);
  gateway = await startTestGateway(test, {
    AUTH_JWKS_URL: provider.jwksUrl,
    AUTH_ISSUER: provider.issuer,
    AUTH_AUDIENCE: audience,
  });
});
afterAll(async () => {
  await gateway.stop();
  await provider.stop();
  await test.close();
});

const key = (one: SigningKey | undefined): SigningKey => one as SigningKey;
const now = (): number => Math.floor(Date.now() / 1000);
const claims = (changed: Record<string, unknown> = {}): JWTPayload => ({
  iss: provider.issuer,
  aud: audience,
  sub: 'anna',
  exp: now() + 600,
  iat: now(),
  scope: 'api:read',
  ...changed,
});

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function signed(
  payload: JWTPayload = claims(),
  header: Record<string, unknown> = {},
  signer: SigningKey = key(rsa),
): Promise<string> {
  const alg = signer.jwk.alg as string;
  return new SignJWT(payload)
    .setProtectedHeader({ alg, kid: signer.kid, typ: 'at+jwt', ...header })
    .sign(signer.privateKey);
}

/** With a signature made by hand, where a library would refuse. */
const forged = (header: object, payload: object, signature: (content: string) => string): string => {
  const content = `${encoded(header)}.${encoded(payload)}`;
  return `${content}.${signature(content)}`;
};

const hmac = (secret: string) => (content: string) => createHmac('sha256', secret).update(content).digest('base64url');
const rsaSha256 = (pem: string) => (content: string) => sign('sha256', Buffer.from(content), pem).toString('base64url');
const head = { alg: 'RS256', kid: 'rsa', typ: 'at+jwt' };

const attacks: Record<string, () => Promise<string> | string> = {
  'alg none': () => forged({ ...head, alg: 'none' }, claims(), () => ''),
  'alg None': () => forged({ ...head, alg: 'None' }, claims(), () => ''),
  'no alg': () => forged({ kid: 'rsa' }, claims(), () => ''),
  'alg none with the signature of a good token': async () =>
    forged({ ...head, alg: 'none' }, claims(), () => 'x').slice(0, -1) + ((await signed()).split('.')[2] ?? ''),
  'HS256 with the public key as PEM': async () =>
    forged({ ...head, alg: 'HS256' }, claims(), hmac(await exportSPKI(key(rsa).publicKey))),
  'HS256 with the public key as JWK': async () =>
    forged({ ...head, alg: 'HS256' }, claims(), hmac(JSON.stringify(await exportJWK(key(rsa).publicKey)))),
  'HS256 with an empty secret': () => forged({ ...head, alg: 'HS256' }, claims(), hmac('')),
  'PS256 by the same key': async () => {
    const pem = { key: createPrivateKey({ key: key(rsa).jwk as never, format: 'jwk' }), padding: 6 };
    return forged({ ...head, alg: 'PS256' }, claims(), (content) =>
      sign('sha256', Buffer.from(content), pem).toString('base64url'),
    );
  },
  'ES256 with the id of an RSA key': () => signed(claims(), { kid: 'rsa' }, key(ec)),
  'the key of somebody else under a known id': () => signed(claims(), {}, key(mallory)),
  'an unknown kid': () => signed(claims(), { kid: 'unknown' }),
  'no kid, and two keys': () => signed(claims(), { kid: undefined }, key(mallory)),
  'a kid that is a path': () => signed(claims(), { kid: '../../../../dev/null' }, key(mallory)),
  'a kid that is SQL': () => signed(claims(), { kid: "x' UNION SELECT 'key" }, key(mallory)),
  'a kid that is a URL': () => signed(claims(), { kid: `${provider.issuer}/evil` }, key(mallory)),
  'a kid __proto__': () => signed(claims(), { kid: '__proto__' }, key(mallory)),
  'a kid that is no text': () => forged({ ...head, kid: { toString: 'rsa' } }, claims(), () => 'x'),
  'jwk in the header': async () => signed(claims(), { jwk: await exportJWK(key(mallory).publicKey) }, key(mallory)),
  'jku in the header': () => signed(claims(), { jku: `${provider.issuer}/evil` }, key(mallory)),
  'x5u in the header': () => signed(claims(), { x5u: `${provider.issuer}/evil` }, key(mallory)),
  'x5c in the header': () => signed(claims(), { x5c: ['MIIB'] }, key(mallory)),
  'a critical header that nobody knows': async () =>
    forged({ ...head, crit: ['exp'], exp: 1 }, claims(), rsaSha256(pemOf(key(rsa)))),
  'a payload that is not encoded (b64)': () =>
    forged({ ...head, b64: false, crit: ['b64'] }, claims(), rsaSha256(pemOf(key(rsa)))),
  'an RSA key of 1024 bits': () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    return forged(head, claims(), (content) => sign('sha256', Buffer.from(content), privateKey).toString('base64url'));
  },
  'another issuer': () => signed(claims({ iss: 'https://evil.example' })),
  'the issuer with a slash more': () => signed(claims({ iss: `${provider.issuer}/` })),
  'a list of issuers': () => signed(claims({ iss: [provider.issuer] })),
  'no issuer': () => signed(claims({ iss: undefined })),
  'another audience': () => signed(claims({ aud: 'https://other.example' })),
  'an audience that begins like ours': () => signed(claims({ aud: `${audience}.evil.example` })),
  'no audience': () => signed(claims({ aud: undefined })),
  'an empty list of audiences': () => signed(claims({ aud: [] })),
  'typ of an ID token': () => signed(claims(), { typ: 'JWT' }),
  'no typ and no type': () => signed(claims(), { typ: undefined }),
  'typ of a logout token': () => signed(claims({ type: 'access' }), { typ: 'logout+jwt' }),
  'typ of a proof (DPoP)': () => signed(claims({ type: 'access' }), { typ: 'dpop+jwt' }),
  'a refresh token': () => signed(claims({ type: 'refresh' }), { typ: 'JWT' }),
  'a refresh token that calls itself at+jwt': () => signed(claims({ type: 'refresh' })),
  expired: () => signed(claims({ exp: now() - 60 })),
  'no expiry': () => signed(claims({ exp: undefined })),
  'an expiry in text': () => signed(claims({ exp: String(now() + 600) as never })),
  'not yet valid': () => signed(claims({ nbf: now() + 60 })),
  'no sub': () => signed(claims({ sub: undefined })),
  'an empty sub': () => signed(claims({ sub: '' })),
  'a sub that is an object': () => signed(claims({ sub: { like: '%' } as never })),
  'a tenant that is a list': () => signed(claims({ tenant_id: ['acme'] })),
  'claims changed after signing': async () => {
    const [header, , signature] = (await signed()).split('.');
    return `${header}.${encoded(claims({ scope: 'api:admin' }))}.${signature}`;
  },
  'a signature cut short': async () => (await signed()).slice(0, -10),
  'no signature': async () => (await signed()).replace(/[^.]*$/, ''),
  'four parts': async () => `${await signed()}.x`,
  'claims that are no object': () => forged(head, ['anna'], rsaSha256(pemOf(key(rsa)))),
  'no token at all': () => 'nonsense',
  '60 KB of nonsense': () => 'x'.repeat(12_000),
};

function pemOf({ jwk }: SigningKey): string {
  const pem = createPrivateKey({ key: jwk as never, format: 'jwk' }).export({ type: 'pkcs8', format: 'pem' });
  return pem.toString();
}

async function overHttp(token: string): Promise<{ status: number; body: string }> {
  const response = await fetch(gateway.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: '{ viewer { scopes } }' }),
  });
  return { status: response.status, body: await response.text() };
}

async function overWebSocket(token: string): Promise<number> {
  const socket = await ProtocolSocket.open(gateway.url);
  socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
  return (await socket.closed).code;
}

describe('tokens of the provider', () => {
  it('are accepted as it issues them, signed with RS256 or ES256', async () => {
    for (const keys of [
      [rsa, ec],
      [ec, rsa],
    ]) {
      provider.publish(...keys.map(key));
      const { status, body } = await overHttp(await provider.token());
      expect(status).toBe(200);
      expect(JSON.parse(body)).toMatchObject({ data: { viewer: { scopes: ['api:read', 'api:write'] } } });
    }
    (await ProtocolSocket.connect(gateway.url, await provider.token())).close();
  });

  it('of the kind that the attacks are made from, too', async () => {
    expect((await overHttp(await signed())).status).toBe(200);
    expect((await overHttp(forged(head, claims(), rsaSha256(pemOf(key(rsa)))))).status).toBe(200);
    expect((await overHttp(await signed(claims({ type: 'access' }), { typ: 'JWT' }))).status).toBe(200);
  });

  it.each([
    ['just expired', { exp: -3 }, 200],
    ['expired for longer than clocks may differ', { exp: -8 }, 401],
    ['valid in a moment', { nbf: 3 }, 200],
    ['valid later than clocks may differ', { nbf: 8 }, 401],
  ])('a clock that is off: %s', async (_, offsets, status) => {
    const times = Object.fromEntries(Object.entries(offsets).map(([name, offset]) => [name, now() + offset]));
    expect((await overHttp(await signed(claims(times)))).status).toBe(status);
  });
});

describe('what is refused, on both transports', () => {
  let rejected = 0;
  afterAll(() => console.log(`tokens rejected / tried: ${rejected} / ${2 * Object.keys(attacks).length}`));

  it.each(Object.entries(attacks))('%s', async (name, make) => {
    const token = await make();
    const { status, body } = await overHttp(token);
    expect([status, body]).toEqual([401, expect.stringContaining('"code":"UNAUTHENTICATED"')]);
    expect(token.split('.').some((part) => part.length > 20 && body.includes(part))).toBe(false);
    rejected += 1;
    expect(await overWebSocket(token)).toBe(name === 'expired' ? 4403 : 4401);
    rejected += 1;
  });

  it('costs the provider one fetch of its keys, and no other request', async () => {
    const before = provider.fetches;
    const tokens = await Promise.all(
      Array.from({ length: 200 }, (_, index) => signed(claims(), { kid: `flood-${index}` })),
    );
    const answers = await Promise.all(tokens.map(overHttp));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
    expect(provider.fetches - before).toBe(0);
    expect(provider.fetches).toBe(1);
    expect(provider.others).toEqual([]);
  });
});

describe("the provider's key set", () => {
  const verifying = (options: RemoteKeysOptions) => {
    const { find: keys } = keysFromUrl(provider.jwksUrl, options);
    return createTokenVerifier({ keys, issuer: provider.issuer, audience, clockToleranceSeconds: 0 }).verify;
  };
  const outcome = (verified: Promise<unknown>): Promise<string> =>
    verified.then(
      () => 'accepted',
      (error: { code: string }) => error.code,
    );
  /** How often a key set may have been fetched since. */
  const coolDownsSince = (started: number, coolDownMs: number): number =>
    1 + Math.floor((performance.now() - started) / coolDownMs);
  const healthy = { status: 200, delayMs: 0, body: null, down: false };

  it('rotates with an overlap: nobody is refused, and a withdrawn key is', async () => {
    const [old, young] = await Promise.all([signingKey('old'), signingKey('young')]);
    const verify = verifying({ cooldownMs: 20, maxAgeMs: 40 });
    provider.publish(old);
    const oldToken = await provider.token();
    expect(await outcome(verify(oldToken))).toBe('accepted');
    provider.publish(young, old);
    const youngToken = await provider.token();
    await expect.poll(() => outcome(verify(youngToken))).toBe('accepted');
    expect(await outcome(verify(oldToken))).toBe('accepted');
    provider.publish(young);
    await expect.poll(() => outcome(verify(oldToken))).toBe('UNAUTHENTICATED');
    expect(await outcome(verify(youngToken))).toBe('accepted');
    provider.publish(key(rsa), key(ec));
  });

  const huge = `{"keys":[],"padding":"${'x'.repeat(2_000_000)}"}`;

  it.each<[string, Partial<TestProvider['faults']>]>([
    ['down', { down: true }],
    ['slow', { delayMs: 2_000 }],
    ['an error', { status: 503 }],
    ['a redirect', { status: 302 }],
    ['no JSON', { body: '<html>' }],
    ['no key set', { body: '{"keys":{}}' }],
    ['a list', { body: '[]' }],
    ['huge', { body: huge }],
  ])('%s: keys that are known stay good, others are UNAVAILABLE, one fetch for each cool-down', async (_, faults) => {
    const verify = verifying({ cooldownMs: 300, maxAgeMs: 1, timeoutMs: 100 });
    const good = await signed();
    expect(await outcome(verify(good))).toBe('accepted');
    Object.assign(provider.faults, faults);
    const unknown = await signed(claims(), { kid: 'unknown' });
    const before = provider.fetches;
    const started = performance.now();
    // The cool-down of the first fetch has to pass before the fault is noticed.
    await expect.poll(() => outcome(verify(unknown)), { interval: 20, timeout: 5_000 }).toBe('UNAVAILABLE');
    for (let again = 0; again < 50; again += 1) expect(await outcome(verify(good))).toBe('accepted');
    expect(provider.fetches - before).toBeGreaterThan(0);
    expect(provider.fetches - before).toBeLessThanOrEqual(coolDownsSince(started, 300));
    Object.assign(provider.faults, healthy);
    await expect.poll(() => outcome(verify(unknown)), { interval: 20, timeout: 5_000 }).toBe('UNAUTHENTICATED');
  });

  it.each<[string, Partial<TestProvider['faults']>]>([
    ['down', { down: true }],
    ['huge', { body: huge }],
  ])('%s from the start: UNAVAILABLE until it is there', async (_, faults) => {
    Object.assign(provider.faults, faults);
    const verify = verifying({ cooldownMs: 100, timeoutMs: 500 });
    const good = await signed();
    const before = provider.fetches;
    const started = performance.now();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => outcome(verify(good))));
    expect(new Set(outcomes)).toEqual(new Set(['UNAVAILABLE']));
    expect(provider.fetches - before).toBeLessThanOrEqual(coolDownsSince(started, 100));
    Object.assign(provider.faults, healthy);
    await expect.poll(() => outcome(verify(good)), { interval: 20, timeout: 5_000 }).toBe('accepted');
  });
});
