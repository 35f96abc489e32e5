import { randomUUID } from 'node:crypto';
import { sql } from '../../shared/sql.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { viewerOf } from '../identity/viewer.ts';
import { closeExpiredSessions } from './close-expired-sessions.ts';
import {
  administrator,
  alice,
  bob,
  carol,
  insertUsers,
  internal,
  loggedKinds,
  openWrites,
  rest,
  tenantAdmin,
  type Writes,
} from '../../../tests/support/writes.ts';

let writes: Writes;

beforeAll(async () => {
  writes = await openWrites(600);
  await insertUsers(writes);
});

afterAll(async () => {
  await writes.close();
});

const create = (input: Parameters<Writes['services']['sessions']['create']>[1] = {}, viewer = alice) =>
  writes.services.sessions.create(viewer, input);

const sessionRow = async (id: string) => {
  const [row] = await writes.databases.agentRuntime.query<Record<string, unknown>>(
    sql`SELECT * FROM sessions WHERE id = ${id}`,
  );
  return row;
};

const outboxOf = async (sessionId: string) => {
  const rows = await writes.databases.agentRuntime.query<{ entry: Record<string, unknown> }>(
    sql`SELECT entry FROM scrollback.outbox WHERE entry -> 'eventData' ->> 'sessionId' = ${sessionId} ORDER BY created_at, id`,
  );
  return rows.map((row) => row.entry);
};

test('a session belongs to who opens it, and has the default lifetime', async () => {
  const { sessionId } = await create({ title: 'T', description: 'D', metadata: { "it's": '?' } });
  expect(await sessionRow(sessionId)).toMatchObject({
    title: 'T',
    description: 'D',
    metadata: { "it's": '?' },
    user_id: 'alice',
    tenant_id: 'default',
    lifetime_seconds: 600,
    is_active: true,
  });
});

test('a client may choose the id, once', async () => {
  const [id, raced] = [randomUUID(), randomUUID()];
  await expect(create({ id })).resolves.toEqual({ sessionId: id });
  await expect(create({ id })).rejects.toMatchObject({ code: 'CONFLICT' });
  const attempts = await Promise.allSettled(Array.from({ length: 4 }, () => create({ id: raced })));
  expect(attempts.filter((attempt) => attempt.status === 'fulfilled')).toHaveLength(1);
});

test('ids that can be guessed are for those who see all sessions', async () => {
  const forAdministrator = writes.services.sessions.create(administrator, { id: 'session-123' });
  await expect(forAdministrator).resolves.toEqual({ sessionId: 'session-123' });
  for (const id of ['session-123', 'session-124']) {
    await expect(create({ id })).rejects.toMatchObject({ code: 'BAD_USER_INPUT', details: { argument: 'id' } });
  }
});

test.each<[string, Parameters<typeof create>[0]]>([
  ['an empty id', { id: '' }],
  ['an id too long', { id: 'x'.repeat(37) }],
  ['an id with a control character', { id: 'a\u0007' }],
  ['a title too long', { title: 'x'.repeat(501) }],
  ['a title with NUL', { title: '\0' }],
  ['a lifetime of 0', { lifetimeSeconds: 0 }],
  [
    'metadata nested too deeply',
    { metadata: JSON.parse(`${'{"a":'.repeat(200)}1${'}'.repeat(200)}`) as Record<string, unknown> },
  ],
])('%s is refused', async (_what, input) => {
  await expect(create(input)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
});

test('a title is measured in characters', async () => {
  await expect(create({ title: '😀'.repeat(500) })).resolves.toBeDefined();
});

test('only administrators open sessions for others, tenant administrators within the tenant', async () => {
  await expect(create({ ownerId: 'bob' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(create({ tenantId: 'other' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(create({ ownerId: 'alice', tenantId: 'default' })).resolves.toBeDefined();
  const forBob = await create({ ownerId: 'bob' }, tenantAdmin);
  expect(await sessionRow(forBob.sessionId)).toMatchObject({ user_id: 'bob', tenant_id: 'default' });
  await expect(create({ ownerId: 'carol' }, tenantAdmin)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  const forCarol = await create({ ownerId: 'carol' }, administrator);
  expect(await sessionRow(forCarol.sessionId)).toMatchObject({ user_id: 'carol', tenant_id: 'other' });
  await expect(create({ ownerId: 'nobody' }, administrator)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  await expect(create({ ownerId: 'a\0' }, administrator)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
});

test('an internal service opens sessions of nobody, which only administrators see', async () => {
  const { sessionId } = await create({}, internal);
  expect(await sessionRow(sessionId)).toMatchObject({ user_id: null, tenant_id: null });
  const rename = { sessionId, title: 'x' };
  await expect(writes.services.sessions.update(tenantAdmin, rename)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(writes.services.sessions.update(administrator, rename)).resolves.toEqual({ sessionId });
});

test('an update changes what is given, and nothing given changes nothing', async () => {
  const { sessionId } = await create({ title: 'T', description: 'D', metadata: { a: 1 } });
  const { sessions } = writes.services;
  await sessions.update(alice, { sessionId, title: null, lifetimeSeconds: null });
  expect(await sessionRow(sessionId)).toMatchObject({
    title: null,
    description: 'D',
    metadata: { a: 1 },
    lifetime_seconds: null,
  });
  await sessions.update(alice, { sessionId, metadata: null });
  expect(await sessionRow(sessionId)).toMatchObject({ metadata: {} });
  await sessions.update(alice, { sessionId });
  await sessions.update(alice, { sessionId, description: 'D' });
  expect(await loggedKinds(writes, sessionId)).toEqual(['session_created', 'session_changed', 'session_changed']);
});

test.each([bob, carol])('others do not find a session', async (stranger) => {
  const { sessionId } = await create();
  const { sessions } = writes.services;
  const notFound = { code: 'NOT_FOUND' };
  await expect(sessions.update(stranger, { sessionId, title: 'x' })).rejects.toMatchObject(notFound);
  await expect(sessions.close(stranger, sessionId)).rejects.toMatchObject(notFound);
  await expect(sessions.archive(stranger, sessionId)).rejects.toMatchObject(notFound);
  await expect(sessions.delete(stranger, sessionId)).rejects.toMatchObject(notFound);
  expect(await loggedKinds(writes, sessionId)).toEqual(['session_created']);
});

test('the same user under another tenant does not find a session', async () => {
  const { sessionId } = await create();
  const elsewhere = viewerOf({ userId: 'alice', tenantId: 'other', scopes: ['api:write'] });
  await expect(writes.services.sessions.delete(elsewhere, sessionId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('administrators hand a session over; the audit trail hears of it', async () => {
  const { sessionId } = await create({}, internal);
  const { sessions } = writes.services;
  await expect(sessions.update(tenantAdmin, { sessionId, ownerId: 'bob' })).rejects.toMatchObject({
    code: 'FORBIDDEN',
  });
  await sessions.update(administrator, { sessionId, ownerId: 'carol' });
  await sessions.update(administrator, { sessionId, ownerId: 'carol' });
  expect(await sessionRow(sessionId)).toMatchObject({ user_id: 'carol', tenant_id: 'other' });
  await expect(sessions.close(carol, sessionId)).resolves.toEqual({ sessionId });
  expect(await outboxOf(sessionId)).toMatchObject([
    {
      userId: 'adam',
      eventType: 'session_owner_changed',
      eventData: { from: { userId: null, tenantId: null }, to: { userId: 'carol', tenantId: 'other' } },
    },
  ]);
  await sessions.update(administrator, { sessionId, ownerId: null });
  expect(await sessionRow(sessionId)).toMatchObject({ user_id: null, tenant_id: null });
});

test('closing and archiving can be repeated and are told once', async () => {
  const { sessionId } = await create();
  const { sessions } = writes.services;
  await sessions.close(alice, sessionId);
  const closed = await sessionRow(sessionId);
  expect(closed).toMatchObject({ is_active: false, archived_at: null });
  await sessions.close(alice, sessionId);
  expect(await sessionRow(sessionId)).toEqual(closed);
  await sessions.archive(alice, sessionId);
  const archived = await sessionRow(sessionId);
  expect(archived?.['archived_at']).not.toBeNull();
  await sessions.archive(alice, sessionId);
  await sessions.close(alice, sessionId);
  expect(await sessionRow(sessionId)).toEqual(archived);
  expect(await loggedKinds(writes, sessionId)).toEqual(['session_created', 'session_changed', 'session_changed']);
  const update = sessions.update(alice, { sessionId, title: 'x' });
  await expect(update).rejects.toMatchObject({ code: 'CONFLICT', details: { reason: 'SESSION_ARCHIVED' } });
});

test('deleting can be repeated by its owner, is told once, and leaves the rows', async () => {
  const { sessionId } = await create();
  const { sessions } = writes.services;
  await expect(sessions.delete(alice, sessionId)).resolves.toEqual({ deletedSessionId: sessionId });
  const deleted = await sessionRow(sessionId);
  expect(deleted).toMatchObject({ is_active: false });
  expect(deleted?.['deleted_at']).not.toBeNull();
  await expect(sessions.delete(alice, sessionId)).resolves.toEqual({ deletedSessionId: sessionId });
  await expect(sessions.delete(bob, sessionId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(sessions.close(alice, sessionId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(sessions.update(administrator, { sessionId, title: 'x' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await sessionRow(sessionId)).toEqual(deleted);
  expect(await outboxOf(sessionId)).toMatchObject([{ userId: 'alice', eventType: 'session_deleted', success: true }]);
  expect(await loggedKinds(writes, sessionId)).toEqual(['session_created', 'session_changed']);
});

test('expired sessions are closed once, also by several sweepers at a time', async () => {
  const expired = await Promise.all(Array.from({ length: 6 }, () => create({ lifetimeSeconds: 60 })));
  const alive = await create({ lifetimeSeconds: 3600 });
  const closed = await create({ lifetimeSeconds: 60 });
  await writes.services.sessions.close(alice, closed.sessionId);
  const all = [...expired, alive, closed];
  await Promise.all(all.map(({ sessionId }) => rest(writes, sessionId, 61)));

  const { agentRuntime } = writes.databases;
  const swept = await Promise.all([closeExpiredSessions(agentRuntime, 4), closeExpiredSessions(agentRuntime, 4)]);
  const rest2 = await closeExpiredSessions(agentRuntime, 100);
  expect(swept.reduce((sum, each) => sum + each.closed, rest2.closed)).toBe(6);
  expect(await closeExpiredSessions(agentRuntime, 100)).toEqual({ closed: 0, failure: null });

  const timeouts = await agentRuntime.query<{ session_id: string }>(
    sql`SELECT session_id FROM scrollback.chat_events WHERE event_type = 'session_timeout' ORDER BY session_id`,
  );
  expect(timeouts.map((row) => row.session_id)).toEqual(expired.map(({ sessionId }) => sessionId).sort());
  expect(await sessionRow(alive.sessionId)).toMatchObject({ is_active: true });
});

test('another lifetime means the same for an expired session before and after the sweep', async () => {
  const both = await Promise.all([create({ lifetimeSeconds: 60 }), create({ lifetimeSeconds: 60 })]);
  await Promise.all(both.map(({ sessionId }) => rest(writes, sessionId, 61)));
  const [before, after] = both;
  const withoutEnd = ({ sessionId }: typeof before) =>
    writes.services.sessions.update(alice, { sessionId, lifetimeSeconds: null });
  await withoutEnd(before);
  await closeExpiredSessions(writes.databases.agentRuntime, 100);
  await withoutEnd(after);
  for (const { sessionId } of both)
    expect(await sessionRow(sessionId)).toMatchObject({
      is_active: false,
      lifetime_seconds: null,
      closed_at: expect.any(Date) as Date,
    });
});
