import { randomUUID } from 'node:crypto';
import { sql } from '../../shared/sql.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { noteStatements } from '../../../tests/support/statements.ts';
import {
  administrator,
  alice,
  bob,
  internal,
  loggedKinds,
  openWrites,
  rest,
  tenantAdmin,
  type Writes,
} from '../../../tests/support/writes.ts';

let writes: Writes;

beforeAll(async () => {
  writes = await openWrites();
});

afterAll(async () => {
  await writes.close();
});

const send = (input: Parameters<Writes['services']['messages']['send']>[1], viewer = alice) =>
  writes.services.messages.send(viewer, input);

const newSession = async (lifetimeSeconds: number | null = null): Promise<string> =>
  (await writes.services.sessions.create(alice, { title: 'Trip', lifetimeSeconds })).sessionId;

const messagesOf = (sessionId: string) =>
  writes.databases.agentRuntime.query<Record<string, unknown>>(
    sql`SELECT * FROM messages WHERE session_db_id = ${sessionId} ORDER BY timestamp, id`,
  );

const sessionRow = async (sessionId: string) => {
  const [row] = await writes.databases.agentRuntime.query<Record<string, unknown>>(
    sql`SELECT * FROM sessions WHERE id = ${sessionId}`,
  );
  return row;
};

const eventsOf = (sessionId: string) =>
  writes.databases.agentRuntime.query<Record<string, unknown>>(
    sql`SELECT * FROM scrollback.chat_events WHERE session_id = ${sessionId}`,
  );

test('a message without a session opens one that is named after its first line', async () => {
  const sent = await send({ content: '\n  Two seats to Oslo, please  \nby train' });
  expect(sent).toMatchObject({ sessionWasCreated: true, wasDuplicate: false });
  expect(await sessionRow(sent.sessionId)).toMatchObject({
    title: 'Two seats to Oslo, please',
    user_id: 'alice',
    tenant_id: 'default',
    is_active: true,
    lifetime_seconds: null,
  });
  expect(await messagesOf(sent.sessionId)).toMatchObject([{ id: sent.messageId, role: 'user' }]);
  expect(await loggedKinds(writes, sent.sessionId)).toEqual(['session_created', 'message_added']);
});

test('a message moves the last activity of its session, and that is no event', async () => {
  const sessionId = await newSession();
  await rest(writes, sessionId, 100);
  const sent = await send({ sessionId, content: 'hello' });
  expect(sent).toMatchObject({ sessionId, sessionWasCreated: false });
  const [message] = await messagesOf(sessionId);
  expect((await sessionRow(sessionId))?.['last_activity']).toEqual(message?.['timestamp']);
  expect(await loggedKinds(writes, sessionId)).toEqual(['session_created', 'message_added']);
});

test('a message into an open session is one statement, whoever may write there', async () => {
  const sessionId = await newSession(60);
  const statements = await noteStatements(writes.databases.agentRuntime, writes.road.database ?? '');
  for (const viewer of [alice, tenantAdmin, administrator]) {
    statements.take();
    await expect(send({ sessionId, content: 'x', clientMessageId: randomUUID() }, viewer)).resolves.toMatchObject({
      sessionId,
      sessionWasCreated: false,
      wasDuplicate: false,
    });
    expect(statements.take()).toHaveLength(1);
  }
});

test('messages that come at the same time have times in the order of their numbers', async () => {
  const sessionId = await newSession(60);
  await Promise.all(Array.from({ length: 24 }, (_, number) => send({ sessionId, content: String(number) })));
  const rows = await writes.databases.agentRuntime.query<{ timestamp: Date }>(
    sql`SELECT m.timestamp FROM messages AS m JOIN scrollback.session_log AS l ON l.subject_id = m.id
      WHERE m.session_db_id = ${sessionId} ORDER BY l.message_sequence`,
  );
  const times = rows.map(({ timestamp }) => timestamp.getTime());
  expect(times).toHaveLength(24);
  expect(times).toEqual(times.toSorted((one, other) => one - other));
  expect((await sessionRow(sessionId))?.['last_activity']).toEqual(rows.at(-1)?.timestamp);
});

test('everything a message has is stored, in a new session and in one that is open', async () => {
  const everything = {
    role: 'TOOL',
    content: 'no seats',
    name: 'find',
    toolCallId: 'call_1',
    tokenCount: 3,
    model: 'm-2',
    latencyMs: 5,
    metadata: { a: 1 },
    clientMessageId: randomUUID(),
  } as const;
  const first = await send(everything);
  const second = await send({ ...everything, sessionId: first.sessionId, clientMessageId: randomUUID() });
  const stored = await writes.databases.agentRuntime.query<Record<string, unknown>>(
    sql`SELECT to_jsonb(m) - 'id' - 'timestamp' AS message,
        to_jsonb(d) - 'message_id' - 'client_message_id' - 'request_hash' - 'created_at' AS details
      FROM messages AS m JOIN scrollback.message_details AS d ON d.message_id = m.id
      WHERE m.id = ANY (${[first.messageId, second.messageId]}::text[]) ORDER BY m.timestamp, m.id`,
  );
  expect(stored).toHaveLength(2);
  expect(stored[1]).toEqual(stored[0]);
  expect(stored[0]).toMatchObject({ message: { role: 'tool', token_count: 3 }, details: { latency_ms: 5 } });
});

test('a retry into a session that was closed meanwhile finds its message', async () => {
  const sessionId = await newSession();
  const input = { sessionId, content: 'x', clientMessageId: randomUUID() };
  const sent = await send(input);
  await writes.services.sessions.close(alice, sessionId);
  await expect(send(input)).resolves.toEqual({ ...sent, wasDuplicate: true });
});

test('everything a message has is stored in in the shape of the shared columns', async () => {
  const sent = await send({
    role: 'ASSISTANT',
    toolCalls: [
      { id: 'call_1', name: 'find', arguments: { to: 'Oslo', '?': "it's \\ ? $1" } },
      { id: 'call_2', name: 'book', arguments: '{"broken' },
    ],
    tokenCount: 7,
    model: 'm-1',
    latencyMs: 12,
    metadata: { widget: [1, null] },
  });
  const [message] = await messagesOf(sent.sessionId);
  expect(message).toMatchObject({
    role: 'assistant',
    content: null,
    token_count: 7,
    metadata_json: '{"widget":[1,null]}',
  });
  expect(JSON.parse(String(message?.['tool_calls']))).toEqual([
    {
      id: 'call_1',
      type: 'function',
      function: { name: 'find', arguments: JSON.stringify({ to: 'Oslo', '?': "it's \\ ? $1" }) },
    },
    { id: 'call_2', type: 'function', function: { name: 'book', arguments: '{"broken' } },
  ]);
  const [details] = await writes.databases.agentRuntime.query(
    sql`SELECT session_id, author_id, model, latency_ms FROM scrollback.message_details WHERE message_id = ${sent.messageId}`,
  );
  expect(details).toEqual({ session_id: sent.sessionId, author_id: null, model: 'm-1', latency_ms: 12 });
});

test.each<[string, Parameters<typeof send>[0]]>([
  ['no content', {}],
  ['only blanks', { content: ' \n' }],
  ['NUL', { content: 'a\0b' }],
  ['half a surrogate pair', { content: 'a\ud800b' }],
  ['NUL in metadata', { content: 'x', metadata: { a: ['\0'] } }],
  ['a tool message without a call', { role: 'TOOL', content: '1' }],
  ['a call id on a user message', { content: 'x', toolCallId: 'c' }],
  ['tool calls of a user', { content: 'x', toolCalls: [{ name: 'f' }] }],
  [
    'two calls with one id',
    {
      role: 'ASSISTANT',
      toolCalls: [
        { id: 'c', name: 'f' },
        { id: 'c', name: 'g' },
      ],
    },
  ],
  ['negative tokens', { content: 'x', tokenCount: -1 }],
  ['a name too long', { content: 'x', name: 'n'.repeat(256) }],
])('%s is refused', async (_what, input) => {
  await expect(send(input)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
});

test('a tool may answer with nothing', async () => {
  await expect(send({ role: 'TOOL', content: '', toolCallId: 'c' })).resolves.toMatchObject({ wasDuplicate: false });
});

test('the same message sent again is there once', async () => {
  const first = await send({ content: 'once', clientMessageId: 'again' });
  const second = await send({ content: 'once', clientMessageId: 'again' });
  expect(second).toEqual({ ...first, sessionWasCreated: false, wasDuplicate: true });
  expect(await messagesOf(first.sessionId)).toHaveLength(1);
});

test('of many concurrent retries one is stored', async () => {
  const sessionId = await newSession();
  const input = { sessionId, content: 'hurry', clientMessageId: 'concurrent' };
  const results = await Promise.all(Array.from({ length: 8 }, () => send(input)));
  expect(new Set(results.map((result) => result.messageId)).size).toBe(1);
  expect(results.filter((result) => !result.wasDuplicate)).toHaveLength(1);
  expect(await messagesOf(sessionId)).toHaveLength(1);
});

test('of many concurrent retries without a session one opens a session', async () => {
  const input = { content: 'hurry', clientMessageId: 'concurrent without session' };
  const results = await Promise.all(Array.from({ length: 8 }, () => send(input)));
  expect(new Set(results.map((result) => result.sessionId)).size).toBe(1);
  const sessions = await writes.databases.agentRuntime.query(sql`SELECT id FROM sessions WHERE title = 'hurry'`);
  expect(sessions).toHaveLength(1);
});

test('another message with the same client id is a conflict, for another sender it is not', async () => {
  await send({ content: 'one', clientMessageId: 'shared' });
  const conflict = { code: 'CONFLICT', details: { reason: 'CLIENT_MESSAGE_ID_REUSED' } };
  await expect(send({ content: 'two', clientMessageId: 'shared' })).rejects.toMatchObject(conflict);
  await expect(send({ content: 'two', clientMessageId: 'shared' }, bob)).resolves.toMatchObject({
    wasDuplicate: false,
  });
  await expect(send({ content: 'two', clientMessageId: 'shared' }, internal)).resolves.toMatchObject({
    wasDuplicate: false,
  });
});

test('the client id is the sender’s own: the same user in another tenant and another user use it as if it were new', async () => {
  const input = { content: 'x', clientMessageId: 'same' };
  const places = await Promise.all([alice, bob, { ...alice, tenantId: 'other' }].map((viewer) => send(input, viewer)));
  expect(places.map((place) => place.wasDuplicate)).toEqual([false, false, false]);
  await expect(send({ ...input, content: 'y' }, { ...alice, tenantId: 'third' })).resolves.toMatchObject({
    wasDuplicate: false,
  });
});

test('a refused message leaves its client id free', async () => {
  const sessionId = randomUUID();
  const input = { sessionId, content: 'x', clientMessageId: 'free' };
  await expect(send(input)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await writes.services.sessions.create(alice, { id: sessionId });
  await expect(send(input)).resolves.toMatchObject({ sessionId, wasDuplicate: false });
});

test('a message into an expired session opens the next one, and a retry finds it there', async () => {
  const sessionId = await newSession(60);
  await rest(writes, sessionId, 61);
  const input = { sessionId, content: 'still there?', clientMessageId: 'redirected' };
  const sent = await send(input);
  expect(sent.sessionId).not.toBe(sessionId);
  expect(sent).toMatchObject({ sessionWasCreated: true, wasDuplicate: false });
  expect(await send(input)).toEqual({ ...sent, sessionWasCreated: false, wasDuplicate: true });

  expect(await sessionRow(sessionId)).toMatchObject({ is_active: false });
  expect((await sessionRow(sessionId))?.['closed_at']).not.toBeNull();
  expect(await eventsOf(sessionId)).toMatchObject([{ event_type: 'session_timeout', user_id: 'alice' }]);
  expect(await sessionRow(sent.sessionId)).toMatchObject({
    title: 'Trip',
    user_id: 'alice',
    tenant_id: 'default',
    lifetime_seconds: 60,
  });
  const details = await writes.databases.agentRuntime.query(
    sql`SELECT session_id FROM scrollback.message_details WHERE message_id = ${sent.messageId}`,
  );
  expect(details).toEqual([{ session_id: sent.sessionId }]);
});

test('a session that was found expired stays expired, and its end is told once', async () => {
  const sessionId = await newSession(60);
  await rest(writes, sessionId, 61);
  await writes.services.sessions.close(alice, sessionId);
  await expect(send({ sessionId, content: 'x' })).resolves.toMatchObject({ sessionWasCreated: true });
  expect(await eventsOf(sessionId)).toHaveLength(1);
});

test('a session that was used in time has not expired', async () => {
  const sessionId = await newSession(60);
  await rest(writes, sessionId, 55);
  await send({ sessionId, content: 'x' });
  await rest(writes, sessionId, 55);
  await expect(send({ sessionId, content: 'y' })).resolves.toMatchObject({ sessionId });
});

test('closed and archived sessions take no messages and say why; deleted ones are not there', async () => {
  const { sessions } = writes.services;
  const [closed, archived, deleted] = [await newSession(60), await newSession(60), await newSession()];
  await sessions.close(alice, closed);
  await sessions.archive(alice, archived);
  await sessions.delete(alice, deleted);
  await rest(writes, archived, 61);
  const refusal = (reason: string) => ({ code: 'CONFLICT', details: { reason } });
  await expect(send({ sessionId: closed, content: 'x' })).rejects.toMatchObject(refusal('SESSION_CLOSED'));
  await expect(send({ sessionId: archived, content: 'x' })).rejects.toMatchObject(refusal('SESSION_ARCHIVED'));
  await expect(send({ sessionId: deleted, content: 'x' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(send({ sessionId: deleted, content: 'x' }, administrator)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a message waits for who closes the session just now, and then is refused', async () => {
  const sessionId = await newSession();
  const closing = await writes.service.agentRuntime.connect();
  await closing.query('BEGIN');
  await closing.query('UPDATE sessions SET is_active = false WHERE id = $1', [sessionId]);
  const sending = Promise.allSettled([send({ sessionId, content: 'x' })]);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await closing.query('COMMIT');
  closing.release();
  expect(await sending).toMatchObject([{ status: 'rejected', reason: { details: { reason: 'SESSION_CLOSED' } } }]);
});

test.each(['nothing', 'x'.repeat(37), 'a\0b', ''])('a session %j that is not there is not found', async (sessionId) => {
  await expect(send({ sessionId, content: 'x' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test("another user's session and messages are not there", async () => {
  const { sessionId, messageId } = await send({ content: 'mine' });
  const { messages } = writes.services;
  const notFound = { code: 'NOT_FOUND' };
  await expect(send({ sessionId, content: 'x' }, bob)).rejects.toMatchObject(notFound);
  await expect(messages.edit(bob, { messageId, content: 'x' })).rejects.toMatchObject(notFound);
  await expect(messages.recordToolCall(bob, { messageId, name: 'f' })).rejects.toMatchObject(notFound);
  await expect(send({ sessionId, content: 'x' }, administrator)).resolves.toMatchObject({ sessionId });
});

test('a sender who no longer sees the message is not told where it is', async () => {
  const sessionId = await newSession();
  const input = { sessionId, content: 'x', clientMessageId: 'taken away' };
  await send(input);
  await writes.services.sessions.delete(alice, sessionId);
  await expect(send(input)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('an edit changes what is given and is told once', async () => {
  const { sessionId, messageId } = await send({ content: 'helo', metadata: { a: 1 } });
  const { messages } = writes.services;
  await messages.edit(alice, { messageId, content: 'hello' });
  await messages.edit(alice, { messageId, content: 'hello' });
  expect(await messagesOf(sessionId)).toMatchObject([{ content: 'hello', metadata_json: '{"a":1}' }]);
  await messages.edit(alice, { messageId, metadata: null });
  expect(await messagesOf(sessionId)).toMatchObject([{ content: 'hello', metadata_json: null }]);
  expect(await loggedKinds(writes, sessionId)).toEqual(['session_created', 'message_added', 'message_edited']);
  await expect(messages.edit(alice, { messageId, content: null })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
});

test('messages of an archived session cannot be edited', async () => {
  const { sessionId, messageId } = await send({ content: 'x' });
  await writes.services.sessions.archive(alice, sessionId);
  await expect(writes.services.messages.edit(alice, { messageId, content: 'y' })).rejects.toMatchObject({
    code: 'CONFLICT',
  });
});

test('a tool call recorded again completes the first record', async () => {
  const { messageId, sessionId } = await send({ role: 'ASSISTANT', toolCalls: [{ id: 'c1', name: 'find' }] });
  const { messages } = writes.services;
  const call = { messageId, toolCallId: 'c1', name: 'find' };
  const first = await messages.recordToolCall(alice, { ...call, serverName: 's', arguments: ['a'] });
  const second = await messages.recordToolCall(alice, { ...call, result: 'text', executionTimeMs: 5 });
  expect(second).toEqual(first);
  const usage = sql`SELECT * FROM scrollback.tool_usage WHERE session_id = ${sessionId}`;
  expect(await writes.databases.agentRuntime.query(usage)).toMatchObject([
    {
      id: first.usageId,
      message_id: messageId,
      server_name: 's',
      arguments: ['a'],
      result: 'text',
      error: null,
      execution_time_ms: 5,
    },
  ]);
});

test('a record says whether its message asks for calls, also while that changes', async () => {
  const { messages } = writes.services;
  const ask = await send({ role: 'ASSISTANT', toolCalls: [{ id: 'c1', name: 'find' }] });
  const { messageId } = await send({ sessionId: ask.sessionId, role: 'ASSISTANT', content: 'x' });
  const recorded = async (of: string, toolCallId: string): Promise<unknown> => {
    const { usageId } = await messages.recordToolCall(alice, { messageId: of, toolCallId, name: 'find' });
    const usage = sql`SELECT asked FROM scrollback.tool_usage WHERE id = ${usageId}`;
    return (await writes.databases.agentRuntime.query(usage))[0];
  };
  expect(await recorded(ask.messageId, 'c1')).toEqual({ asked: true });
  expect(await recorded(messageId, 'c1')).toEqual({ asked: false });
  const service = await writes.service.agentRuntime.connect();
  await service.query('BEGIN');
  await service.query('UPDATE public.messages SET tool_calls = NULL WHERE id = $1', [ask.messageId]);
  const meanwhile = recorded(ask.messageId, 'c2');
  const waiting = `SELECT FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'`;
  await vi.waitFor(async () => expect((await service.query(waiting)).rowCount).toBeGreaterThan(0));
  await service.query('COMMIT');
  service.release();
  expect(await meanwhile).toEqual({ asked: false });
});

test('whoever does not see a record yet cannot change what its message asks for', async () => {
  const { messages } = writes.services;
  const { messageId } = await send({ role: 'ASSISTANT', toolCalls: [{ id: 'c1', name: 'find' }] });
  const service = await writes.service.agentRuntime.connect();
  await service.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  await service.query('SELECT FROM public.messages');
  await messages.recordToolCall(alice, { messageId, toolCallId: 'c1', name: 'find' });
  const change = service.query('UPDATE public.messages SET tool_calls = NULL WHERE id = $1', [messageId]);
  await expect(change).rejects.toMatchObject({ code: '40001' });
  await service.query('ROLLBACK');
  service.release();
});

test('concurrent records of one call are one record', async () => {
  const { messageId } = await send({ role: 'ASSISTANT', toolCalls: [{ id: 'c1', name: 'find' }] });
  const record = { messageId, toolCallId: 'c1', name: 'find', result: 1 };
  const all = await Promise.all(
    Array.from({ length: 6 }, () => writes.services.messages.recordToolCall(alice, record)),
  );
  expect(new Set(all.map((one) => one.usageId)).size).toBe(1);
});

test('a commit wakes the live side', async () => {
  writes.written.length = 0;
  await send({ content: 'x' });
  await expect(send({})).rejects.toThrow('content');
  expect(writes.written).toEqual(['agentRuntime']);
});
