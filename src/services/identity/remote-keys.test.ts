import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { keysFromUrl, type RemoteKeysOptions } from './remote-keys.ts';
import { createTokenVerifier } from './token-verifier.ts';
import type { Viewer } from './viewer.ts';

interface SigningKey {
  readonly jwk: JWK;
  readonly privateKey: CryptoKey;
}

async function signingKey(kid: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  return { jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256' }, privateKey };
}

const tokenOf = ({ jwk, privateKey }: SigningKey, kid = jwk.kid): Promise<string> =>
  new SignJWT({ type: 'access' })
    .setProtectedHeader({ alg: 'ES256', kid: kid ?? '' })
    .setIssuer('here')
    .setAudience('us')
    .setSubject('u1')
    .setExpirationTime('1h')
    .sign(privateKey);

let first: SigningKey;
let second: SigningKey;
beforeAll(async () => {
  [first, second] = await Promise.all([signingKey('first'), signingKey('second')]);
});

/** An issuer whose keys, answers and delay each test changes as it goes. */
const issuer = { keys: [] as JWK[], status: 200, delayMs: 0, fetches: 0 };
let server: Server;
let url: string;

beforeEach(async () => {
  Object.assign(issuer, { keys: [first.jwk], status: 200, delayMs: 0, fetches: 0 });
  server = createServer((_, response) => {
    issuer.fetches += 1;
    response.statusCode = issuer.status;
    setTimeout(() => response.end(JSON.stringify({ keys: issuer.keys })), issuer.delayMs);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function verifying(options: RemoteKeysOptions = {}): (token: string) => Promise<Viewer> {
  const { find: keys } = keysFromUrl(url, options);
  return createTokenVerifier({ keys, issuer: 'here', audience: 'us', clockToleranceSeconds: 0 }).verify;
}

const unknownKey = { code: 'UNAUTHENTICATED', message: expect.stringContaining('not known') as string };
const unreachable = { code: 'UNAVAILABLE' };

test('keys are fetched once and kept', async () => {
  const verify = verifying();
  const token = await tokenOf(first);
  await Promise.all([verify(token), verify(token), verify(token)]);
  expect((await verify(token)).userId).toBe('u1');
  expect(issuer.fetches).toBe(1);
});

test('a new key is found after the cool-down', async () => {
  const verify = verifying({ cooldownMs: 60 });
  await verify(await tokenOf(first));
  issuer.keys = [first.jwk, second.jwk];
  await sleep(80);
  expect((await verify(await tokenOf(second))).userId).toBe('u1');
  expect((await verify(await tokenOf(first))).userId).toBe('u1');
  expect(issuer.fetches).toBe(2);
});

test('a flood of unknown keys costs one fetch for each cool-down', async () => {
  const verify = verifying({ cooldownMs: 60_000 });
  await verify(await tokenOf(first));
  for (let flood = 0; flood < 50; flood += 1) {
    await expect(verify(await tokenOf(second, `unknown-${flood}`))).rejects.toMatchObject(unknownKey);
  }
  expect(issuer.fetches).toBe(1);
});

test('a withdrawn key is refused once the keys are old', async () => {
  const verify = verifying({ cooldownMs: 0, maxAgeMs: 40 });
  await verify(await tokenOf(first));
  issuer.keys = [second.jwk];
  await sleep(60);
  await expect(verify(await tokenOf(first))).rejects.toMatchObject(unknownKey);
});

test('with the issuer down, the keys we have stay good and others are UNAVAILABLE', async () => {
  const verify = verifying({ cooldownMs: 0, maxAgeMs: 20 });
  await verify(await tokenOf(first));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await sleep(30);
  expect((await verify(await tokenOf(first))).userId).toBe('u1');
  await expect(verify(await tokenOf(second))).rejects.toMatchObject(unreachable);
});

test('an issuer that was never reached is asked once for each cool-down', async () => {
  issuer.status = 503;
  const verify = verifying({ cooldownMs: 150 });
  const token = await tokenOf(first);
  for (let attempt = 0; attempt < 10; attempt += 1) await expect(verify(token)).rejects.toMatchObject(unreachable);
  expect(issuer.fetches).toBe(1);
  issuer.status = 200;
  await sleep(170);
  expect((await verify(token)).userId).toBe('u1');
});

test('everybody waits for the first keys, and nobody waits longer than the time-out', async () => {
  issuer.delayMs = 50;
  const verify = verifying();
  const token = await tokenOf(first);
  const viewers = await Promise.all([verify(token), sleep(10).then(() => verify(token))]);
  expect(viewers.map((viewer) => viewer.userId)).toEqual(['u1', 'u1']);

  issuer.delayMs = 2_000;
  await expect(verifying({ timeoutMs: 30 })(token)).rejects.toMatchObject(unreachable);
});

test('a redirect is not followed', async () => {
  issuer.status = 302;
  await expect(verifying()(await tokenOf(first))).rejects.toMatchObject(unreachable);
});

test('an answer that is no key set changes nothing', async () => {
  const verify = verifying({ cooldownMs: 0, maxAgeMs: 0 });
  await verify(await tokenOf(first));
  issuer.keys = 'nonsense' as unknown as JWK[];
  expect((await verify(await tokenOf(first))).userId).toBe('u1');
});

test('two keys and a token without a key id: the token is refused', async () => {
  issuer.keys = [first.jwk, second.jwk];
  const token = await new SignJWT({}).setProtectedHeader({ alg: 'ES256' }).sign(first.privateKey);
  const verify = verifying({ cooldownMs: 0 });
  await expect(verify(token)).rejects.toMatchObject({ message: expect.stringContaining('kid') as string });
  expect(issuer.fetches).toBe(1);
});

test('tokens of known keys cost no fetch while the keys are young', async () => {
  const verify = verifying({ cooldownMs: 0 });
  const token = await tokenOf(first);
  for (let again = 0; again < 5; again += 1) await verify(token);
  expect(issuer.fetches).toBe(1);
});

test('a key set may hold a megabyte and no more', async () => {
  const padded = (bytes: number): JWK[] => {
    const key = { ...first.jwk, x5u: '' };
    return [{ ...key, x5u: 'x'.repeat(bytes - JSON.stringify({ keys: [key] }).length) }];
  };
  issuer.keys = padded(1_000_000);
  expect((await verifying()(await tokenOf(first))).userId).toBe('u1');
  issuer.keys = padded(1_000_001);
  await expect(verifying()(await tokenOf(first))).rejects.toMatchObject({
    ...unreachable,
    message: expect.stringContaining("The token issuer's key set") as string,
    cause: expect.objectContaining({ message: expect.stringContaining('1000000 bytes') as string }) as unknown,
  });
});

test('keys are there before the first token, and the report says when they are not and why', async () => {
  issuer.status = 503;
  const keys = keysFromUrl(url, { cooldownMs: 30, maxAgeMs: 20 });
  expect(keys.report()).toEqual({ known: false, failure: undefined });
  await keys.renew();
  expect(keys.report()).toMatchObject({ known: false, failure: expect.any(Error) as Error });
  issuer.status = 200;
  await sleep(40);
  await keys.renew();
  expect(keys.report()).toEqual({ known: true, failure: undefined });
  issuer.status = 503;
  await sleep(40);
  await keys.renew();
  expect(keys.report()).toMatchObject({ known: true, failure: expect.any(Error) as Error });
  expect(issuer.fetches).toBe(3);
});

test('what renews them in between does not fetch more often than the cool-down allows', async () => {
  issuer.status = 503;
  const keys = keysFromUrl(url, { cooldownMs: 60_000 });
  for (let time = 0; time < 20; time += 1) await keys.renew();
  expect(issuer.fetches).toBe(1);
});
