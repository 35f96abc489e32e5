import { sql } from '../../shared/sql.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { viewerOf } from '../identity/viewer.ts';
import {
  administrator,
  alice,
  bob,
  carol,
  insertUsers,
  internal,
  openWrites,
  tenantAdmin,
  type Writes,
} from '../../../tests/support/writes.ts';

let writes: Writes;

beforeAll(async () => {
  writes = await openWrites();
  await insertUsers(writes);
  await writes.service.auth.query(
    sql`INSERT INTO oauth_clients (id, client_id, name, allowed_scopes, allowed_grant_types)
      VALUES ('o1', 'app', 'App', 'api:read', '[]'), ('o2', 'cli', 'CLI', 'api:read', '[]')`,
  );
});

afterAll(async () => {
  await writes.close();
});

beforeEach(async () => {
  await writes.service.auth.query(sql`DELETE FROM refresh_tokens`);
  await writes.service.auth.query(
    sql`INSERT INTO refresh_tokens (id, jti_hash, user_id, client_id, scope, expires_at)
      SELECT u || '-' || c, u || c, u, c, 'api:read', now() + interval '1 day'
      FROM unnest(ARRAY['alice', 'bob', 'carol']) AS u, unnest(ARRAY['app', 'cli']) AS c`,
  );
});

const revoked = async (): Promise<string[]> => {
  const rows = await writes.databases.auth.query<{ id: string }>(
    sql`SELECT id FROM refresh_tokens WHERE revoked AND revoked_at IS NOT NULL ORDER BY id`,
  );
  return rows.map((row) => row.id);
};

const trail = (eventType: string) =>
  writes.databases.auth.query<Record<string, unknown>>(
    sql`SELECT user_id, event_data, success FROM audit_logs WHERE event_type = ${eventType} ORDER BY created_at, id`,
  );

const revoke = (input: Parameters<Writes['services']['users']['revokeRefreshTokens']>[1], viewer = alice) =>
  writes.services.users.revokeRefreshTokens(viewer, input);

test('users revoke their own tokens, once, and the trail says which', async () => {
  expect(await revoke({})).toEqual({ userId: 'alice', revokedCount: 2 });
  expect(await revoked()).toEqual(['alice-app', 'alice-cli']);
  expect(await revoke({})).toEqual({ userId: 'alice', revokedCount: 0 });
  const entries = await trail('token_revoke');
  expect(entries).toHaveLength(1);
  expect(entries[0]).toMatchObject({ user_id: 'alice', success: true, event_data: { userId: 'alice' } });
});

test('a client or single tokens can be chosen, but no token of somebody else', async () => {
  expect(await revoke({ clientId: 'cli' })).toMatchObject({ revokedCount: 1 });
  expect(await revoke({ tokenIds: ['alice-app', 'bob-app', 'none', 'x\0'] })).toMatchObject({ revokedCount: 1 });
  expect(await revoke({ tokenIds: [] }, bob)).toMatchObject({ revokedCount: 0 });
  expect(await revoked()).toEqual(['alice-app', 'alice-cli']);
});

test("others' tokens are for administrators of their tenant", async () => {
  await expect(revoke({ userId: 'bob' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(revoke({ userId: 'carol' }, tenantAdmin)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(revoke({}, internal)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  expect(await revoked()).toEqual([]);
  expect(await revoke({ userId: 'bob' }, tenantAdmin)).toMatchObject({ revokedCount: 2 });
  expect(await revoke({ userId: 'carol' }, administrator)).toMatchObject({ revokedCount: 2 });
});

const isActive = async (id: string) =>
  writes.databases.auth.query<{ is_active: boolean }>(sql`SELECT is_active FROM users WHERE id = ${id}`);

test('auditors see the users of their tenant, but revoke nothing of theirs', async () => {
  const auditor = viewerOf({ userId: 'tess', scopes: ['api:write', 'audit:read'] });
  expect(await revoke({ userId: 'bob' }, auditor)).toMatchObject({ revokedCount: 0 });
  expect(await revoked()).toEqual([]);
});

test('administrators shut users out and let them in again, each told once', async () => {
  const { users } = writes.services;
  await users.setActive(tenantAdmin, { userId: 'bob', isActive: false });
  await users.setActive(tenantAdmin, { userId: 'bob', isActive: false });
  expect(await isActive('bob')).toEqual([{ is_active: false }]);
  await users.setActive(administrator, { userId: 'bob', isActive: true });
  expect(await isActive('bob')).toEqual([{ is_active: true }]);
  expect(await trail('user_deactivated')).toMatchObject([{ user_id: 'tess', event_data: { userId: 'bob' } }]);
  expect(await trail('user_activated')).toMatchObject([{ user_id: 'adam', event_data: { userId: 'bob' } }]);
});

test('nobody shuts themselves out, nor anybody of another tenant', async () => {
  const { users } = writes.services;
  await expect(users.setActive(tenantAdmin, { userId: 'tess', isActive: false })).rejects.toMatchObject({
    code: 'CONFLICT',
  });
  await expect(users.setActive(tenantAdmin, { userId: 'carol', isActive: false })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  await expect(users.setActive(administrator, { userId: 'x\0', isActive: false })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  expect(await isActive(String(carol.userId))).toEqual([{ is_active: true }]);
});
