import { sql } from '../../shared/sql.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { viewerOf } from '../identity/viewer.ts';
import type { Database } from '../../databases/database.ts';
import { relayOutbox } from './outbox-relay.ts';
import { alice, insertUsers, openWrites, type Writes } from '../../../tests/support/writes.ts';

let writes: Writes;

beforeEach(async () => {
  writes = await openWrites();
  await insertUsers(writes);
});

afterEach(async () => {
  await writes.close();
});

async function deleteSessions(count: number, viewer = alice): Promise<void> {
  const { sessions } = writes.services;
  for (let index = 0; index < count; index += 1) {
    const { sessionId } = await sessions.create(viewer, {});
    await sessions.delete(viewer, sessionId);
  }
}

const waiting = () =>
  writes.databases.agentRuntime.query<{ id: string }>(sql`SELECT id FROM scrollback.outbox ORDER BY created_at, id`);
const trail = () =>
  writes.databases.auth.query<Record<string, unknown>>(
    sql`
    SELECT a.* FROM audit_logs AS a JOIN scrollback.audit_entries AS e ON e.audit_log_id = a.id ORDER BY e.number`,
  );

test('entries move to the trail under their ids and in their order', async () => {
  await deleteSessions(5);
  const ids = (await waiting()).map((entry) => entry.id);
  expect(await relayOutbox(writes.databases, 3)).toBe(3);
  expect(await relayOutbox(writes.databases, 3)).toBe(2);
  expect(await relayOutbox(writes.databases, 3)).toBe(0);
  const entries = await trail();
  expect(entries.map((entry) => entry['id'])).toEqual(ids);
  expect(entries[0]).toMatchObject({ user_id: 'alice', event_type: 'session_deleted', success: true });
  expect(await waiting()).toEqual([]);
});

test('several relays at once make no entry twice', async () => {
  await deleteSessions(20);
  const taken = await Promise.all(Array.from({ length: 4 }, () => relayOutbox(writes.databases, 20)));
  expect(taken.reduce((sum, count) => sum + count, 0)).toBe(20);
  expect(await trail()).toHaveLength(20);
});

test('a relay that dies before it deletes is repeated without a trace', async () => {
  await deleteSessions(3);
  const { auth, agentRuntime } = writes.databases;
  const dying = {
    query: async (statement: Parameters<Database['query']>[0]) => {
      if (statement.text.startsWith('DELETE')) throw new Error('killed');
      return agentRuntime.query(statement);
    },
  } as unknown as Database;
  await expect(relayOutbox({ auth, agentRuntime: dying }, 10)).rejects.toThrow('killed');
  expect(await trail()).toHaveLength(3);
  expect(await waiting()).toHaveLength(3);
  expect(await relayOutbox(writes.databases, 10)).toBe(3);
  expect(await trail()).toHaveLength(3);
});

test('while the other database is down, entries wait', async () => {
  await deleteSessions(2);
  const down = { query: () => Promise.reject(new Error('down')) } as unknown as Database;
  await expect(relayOutbox({ ...writes.databases, auth: down }, 10)).rejects.toThrow('down');
  expect(await waiting()).toHaveLength(2);
});

test('the entry of a user who is gone goes on without them', async () => {
  await deleteSessions(1, viewerOf({ userId: 'gone', scopes: ['api:write'], clientId: 'c'.repeat(300) }));
  expect(await relayOutbox(writes.databases, 10)).toBe(1);
  expect(await trail()).toMatchObject([{ user_id: null, client_id: 'c'.repeat(255) }]);
});
