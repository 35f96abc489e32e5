import { expect, test } from 'vitest';
import { createAuthenticator } from './authenticator.ts';
import { viewerOf } from './viewer.ts';

const viewer = viewerOf({ userId: 'u1', scopes: ['api:read'] });
const seen: string[] = [];
const verifier = {
  verify: (token: string) => {
    seen.push(token);
    return Promise.resolve(viewer);
  },
};
const key = 'a-long-internal-key';
const { authenticate } = createAuthenticator({ verifier, internalApiKey: key });
const refused = { code: 'UNAUTHENTICATED' };

test('nobody without credentials', async () => {
  expect(await authenticate({})).toBeNull();
});

test.each(['Bearer abc.def.ghi', 'bearer  abc.def.ghi', ' BEARER abc.def.ghi '])(
  '%o is a token',
  async (authorization) => {
    expect(await authenticate({ authorization })).toBe(viewer);
    expect(seen.at(-1)).toBe('abc.def.ghi');
  },
);

test.each(['', 'Bearer', 'Bearer ', 'abc.def.ghi', 'Basic dTpw', 'Bearer a b'])('%o is none', async (authorization) => {
  await expect(authenticate({ authorization })).rejects.toMatchObject(refused);
});

test('the internal key admits a service that speaks for no user', async () => {
  expect(await authenticate({ internalKey: key })).toMatchObject({
    userId: null,
    isAdmin: true,
    canReadAudit: true,
    issuedAt: null,
    expiresAt: null,
    scopes: ['api:read', 'api:write', 'api:admin', 'audit:read'],
  });
});

test.each(['', 'a-long-internal-keY', `${key}x`, key.slice(1)])('key %o is refused', async (internalKey) => {
  await expect(authenticate({ internalKey })).rejects.toMatchObject(refused);
});

test('without a configured key none is right', async () => {
  const closed = createAuthenticator({ verifier, internalApiKey: null });
  for (const internalKey of ['', 'null', key]) {
    await expect(closed.authenticate({ internalKey })).rejects.toMatchObject(refused);
  }
});

test('two credentials at once are refused', async () => {
  await expect(authenticate({ authorization: 'Bearer x', internalKey: key })).rejects.toMatchObject(refused);
});

test.each([
  [{ authorization: 'Bearer x', internalKey: key }, 'Send either Authorization or X-Internal-Auth, not both.'],
  [{ authorization: 'x Bearer abc' }, 'Authorization must read "Bearer <access token>".'],
  [{ authorization: 'Basic abc' }, 'Authorization must read "Bearer <access token>".'],
  [{ internalKey: 'wrong' }, 'The key in X-Internal-Auth is not right.'],
])('%o is told what to do', async (credentials, message) => {
  await expect(authenticate(credentials)).rejects.toMatchObject({ ...refused, message });
});
