import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { testDatabases, type TestDatabases } from '../../../tests/support/databases.ts';
import { addUser } from '../../../tests/support/people.ts';
import { Revocations } from './revocations.ts';
import { viewerOf, type Viewer } from './viewer.ts';

let test: TestDatabases;
let revocations: Revocations;
beforeAll(async () => {
  test = await testDatabases();
  await addClient('app');
  await addClient('tool');
});
afterAll(() => test.close());
beforeEach(() => {
  revocations = new Revocations(test.databases.auth);
});

const auth = (statement: string, values: unknown[] = []) => test.service.auth.query(statement, values);
const addClient = (id: string) =>
  auth(
    `INSERT INTO oauth_clients (id, client_id, name, allowed_scopes, allowed_grant_types) VALUES ($1::text, $1::text, $1::text, 'api:read', '[]')`,
    [id],
  );

/** A login or a rotation, as the auth-service writes it: the refresh token's row, made together with an access token. */
async function addRefreshToken(id: string, userId: string, minutesAgo: number, parent: string | null = null) {
  await auth(
    `INSERT INTO refresh_tokens (id, jti_hash, user_id, client_id, scope, expires_at, parent_jti_hash, created_at)
     VALUES ($1::text, $1::text, $2, 'app', 'api:read', now() + interval '1 day', $3, now() - make_interval(mins => $4::int))`,
    [id, userId, parent, minutesAgo],
  );
}
const revoke = (...ids: string[]) =>
  auth(`UPDATE refresh_tokens SET revoked = true, revoked_at = now() WHERE id = ANY($1)`, [ids]);

const token = (userId: string, minutesAgo: number, clientId = 'app'): Viewer =>
  viewerOf({
    userId,
    clientId,
    scopes: ['api:read'],
    issuedAt: Math.floor(Date.now() / 1000 - minutesAgo * 60) * 1000,
  });

it('takes back the tokens of a user who is deactivated or deleted, and of nobody else', async () => {
  for (const id of ['gone', 'deleted', 'stays']) await addUser(test, id);
  await auth(`UPDATE users SET is_active = false WHERE id = 'gone'`);
  await auth(`DELETE FROM users WHERE id = 'deleted'`);
  await auth(`UPDATE users SET is_active = is_active, username = 'other' WHERE id = 'stays'`);
  await revocations.read();
  expect(['gone', 'deleted', 'stays'].map((id) => revocations.isRevoked(token(id, 1)))).toEqual([true, true, false]);
  // Who is let in again gets new tokens; the old ones stay taken back.
  const later = { ...token('gone', 0), issuedAt: Date.now() + 5000 };
  expect(revocations.isRevoked(later)).toBe(false);
});

it('takes back the tokens of a client that is disabled', async () => {
  await auth(`UPDATE oauth_clients SET is_active = false WHERE client_id = 'tool'`);
  await revocations.read();
  expect([revocations.isRevoked(token('x', 1, 'tool')), revocations.isRevoked(token('x', 1))]).toEqual([true, false]);
});

it('takes back the family of a refresh token at a logout, and leaves the other logins of the user', async () => {
  await addUser(test, 'two');
  await addRefreshToken('phone-1', 'two', 30);
  await addRefreshToken('laptop-1', 'two', 20);
  // A rotation: the old one is revoked, its successor is there.
  await addRefreshToken('phone-2', 'two', 10, 'phone-1');
  await revoke('phone-1');
  await revocations.read();
  expect([30, 20, 10].map((ago) => revocations.isRevoked(token('two', ago)))).toEqual([false, false, false]);
  await revoke('phone-2');
  await revocations.read();
  expect([30, 20, 10].map((ago) => revocations.isRevoked(token('two', ago)))).toEqual([true, false, true]);
  expect(revocations.isRevoked(token('two', 10, 'another'))).toBe(false);
});

it('tells those who watch, once they are concerned, and no more after they left', async () => {
  await addUser(test, 'watched');
  const told: string[] = [];
  revocations.onRevoked(token('watched', 1), () => told.push('stays'));
  const leave = revocations.onRevoked(token('watched', 1), () => told.push('left'));
  revocations.onRevoked(token('other', 1), () => told.push('other'));
  await revocations.read();
  leave();
  await auth(`UPDATE users SET is_active = false WHERE id = 'watched'`);
  await revocations.read();
  await revocations.read();
  expect(told).toEqual(['stays']);
  revocations.onRevoked(token('watched', 1), () => told.push('late'));
  expect(told).toEqual(['stays', 'late']);
});
