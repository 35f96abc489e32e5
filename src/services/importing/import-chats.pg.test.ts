import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { numberMessages, testDatabases, type TestDatabases } from '../../../tests/support/databases.ts';
import { importChats, ImportTally } from './import-chats.ts';

const fileTime = new Date('2026-03-01T12:00:00Z');

let pair: TestDatabases;
beforeAll(async () => {
  pair = await testDatabases();
});
afterAll(() => pair.close());

interface Imported {
  readonly tally: ImportTally;
  readonly badLines: readonly [number, string][];
}

async function importLines(lines: readonly unknown[], stopping = new AbortController().signal): Promise<Imported> {
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  const tally = new ImportTally();
  const badLines: [number, string][] = [];
  await importChats(
    pair.databases,
    {
      stream: Readable.from([Buffer.from(text)]),
      endOf: (offset) => new Date(fileTime.getTime() + offset),
      stopping,
      onBadLine: (number, reason) => badLines.push([number, reason]),
      onLine: () => undefined,
    },
    tally,
  );
  return { tally, badLines };
}

const asked = {
  id: 'call_1',
  type: 'function',
  function: { name: 'get_user', arguments: '{"id":"o\'neil \\\\ ? $1"}' },
};

const conversation = (id: string, changes: object = {}) => ({
  id,
  user: 'mia',
  title: null,
  messages: [
    { role: 'system', content: 'Be kind.' },
    { role: 'user', content: "It's a \\ and a ? and $1 and :name; DROP TABLE messages; --\n«Привет» 🙂" },
    { role: 'assistant', content: null, tool_calls: [asked] },
    { role: 'tool', tool_call_id: 'call_1', name: 'get_user', content: '{"name":"Mia"}' },
    { role: 'assistant', content: 'Hello Mia' },
  ],
  ...changes,
});

/** Messages as their session's log has them. */
async function messagesOf(sessionId: string): Promise<Record<string, unknown>[]> {
  const { rows } = await pair.service.agentRuntime.query<Record<string, unknown>>(
    `SELECT l.message_sequence::int AS sequence, m.role, m.content, m.name, m.tool_call_id, m.tool_calls, m."timestamp"
     FROM scrollback.session_log AS l JOIN public.messages AS m ON m.id = l.subject_id
     WHERE l.session_id = $1 AND l.kind = 'message_added' ORDER BY l.number`,
    [sessionId],
  );
  return rows;
}

async function sessionOf(id: string): Promise<Record<string, unknown> | undefined> {
  const { rows } = await pair.service.agentRuntime.query<Record<string, unknown>>(
    'SELECT * FROM sessions WHERE id = $1',
    [id],
  );
  return rows[0];
}

/** Everything that an import could change, as one text. */
async function fingerprint(): Promise<string> {
  const { rows } = await pair.service.agentRuntime.query<{ all: string }>(
    `SELECT concat(
       (SELECT string_agg(s::text, ' ' ORDER BY s.id) FROM sessions AS s),
       (SELECT string_agg(m::text, ' ' ORDER BY m.id) FROM messages AS m),
       (SELECT string_agg(d::text, ' ' ORDER BY d.message_id) FROM scrollback.message_details AS d),
       (SELECT string_agg(l::text, ' ' ORDER BY l.position) FROM scrollback.session_log AS l)) AS "all"`,
  );
  const users = await pair.service.auth.query<{ all: string }>(
    `SELECT string_agg(u::text, ' ' ORDER BY id) AS "all" FROM users AS u`,
  );
  return `${rows[0]?.all} ${users.rows[0]?.all}`;
}

test('a conversation comes in whole, in order, with its owner', async () => {
  const { tally } = await importLines([conversation('whole')]);
  expect(tally).toMatchObject({ sessions: { new: 1, updated: 0, unchanged: 0 }, messages: 5, users: 1, badLines: 0 });
  const messages = await messagesOf('whole');
  expect(messages.map(({ sequence, role, content }) => [sequence, role, content])).toEqual(
    conversation('').messages.map(({ role, content }, index) => [index + 1, role, content]),
  );
  expect(messages[2]?.['tool_calls']).toBe(JSON.stringify([asked]));
  expect(messages[3]).toMatchObject({ name: 'get_user', tool_call_id: 'call_1' });
  const times = messages.map(({ timestamp }) => Number(timestamp));
  expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));

  const { rows: users } = await pair.service.auth.query(`SELECT * FROM users WHERE username = 'mia'`);
  expect(users).toMatchObject([{ email: 'mia@imported.invalid', tenant_id: 'default', is_admin: false }]);
  expect(users[0]).toHaveProperty('password_hash', expect.stringMatching(/^\$2b\$12\$[./A-Za-z0-9]{53}$/));
  const ownerId = (users[0] as { id: string }).id;
  expect(await sessionOf('whole')).toMatchObject({
    user_id: ownerId,
    tenant_id: 'default',
    title: "It's a \\ and a ? and $1 and :name; DROP TABLE messages; --",
    last_activity: messages[4]?.['timestamp'],
  });
  const { rows: details } = await pair.service.agentRuntime.query(
    `SELECT author_id FROM scrollback.message_details WHERE session_id = 'whole'`,
  );
  expect(details).toEqual([{ author_id: ownerId }]);
});

test('a second import changes nothing, whatever the time of the file', async () => {
  const file = [
    conversation('again'),
    conversation('x'.repeat(50)),
    conversation('dated', { createdAt: '2024-05-15T15:00:00Z' }),
  ];
  await importLines(file);
  const before = await fingerprint();
  const { tally } = await importLines(['', file[2], file[0], file[1]]);
  expect(tally).toMatchObject({ sessions: { new: 0, updated: 0, unchanged: 3 }, messages: 0, users: 0, different: 0 });
  expect(await fingerprint()).toBe(before);
});

test('a conversation that says when it began has that time', async () => {
  await importLines([conversation('begun', { createdAt: '2024-05-15T15:00:00Z' })]);
  const [first, second] = await messagesOf('begun');
  expect(first?.['timestamp']).toEqual(new Date('2024-05-15T15:00:00Z'));
  expect(second?.['timestamp']).toEqual(new Date('2024-05-15T15:00:01Z'));
  expect(await sessionOf('begun')).toMatchObject({ created_at: new Date('2024-05-15T15:00:00Z') });
});

test('one that does not ended when its file says', async () => {
  await importLines([conversation('undated')]);
  expect(await sessionOf('undated')).toMatchObject({ created_at: new Date(fileTime.getTime() - 5000) });
});

test('a grown conversation gets only what is new, after what was there', async () => {
  await importLines([conversation('grown')]);
  const before = await messagesOf('grown');
  const more = [
    { role: 'user', content: 'Thanks' },
    { role: 'assistant', content: 'Bye' },
  ];
  const { tally } = await importLines([conversation('grown', { messages: [...conversation('').messages, ...more] })]);
  expect(tally).toMatchObject({ sessions: { new: 0, updated: 1 }, messages: 2 });
  const after = await messagesOf('grown');
  expect(after.slice(0, 5)).toEqual(before);
  expect(after.slice(5)).toMatchObject([
    { sequence: 6, content: 'Thanks' },
    { sequence: 7, content: 'Bye' },
  ]);
  expect(Number(after[5]?.['timestamp'])).toBeGreaterThan(Number(after[4]?.['timestamp']));
  expect(await sessionOf('grown')).toMatchObject({ last_activity: after[6]?.['timestamp'] });
});

test('a conversation may come before its first message', async () => {
  await importLines([conversation('early', { messages: [] })]);
  const { tally } = await importLines([conversation('early')]);
  expect(tally).toMatchObject({ sessions: { updated: 1 }, messages: 5 });
});

test('an edit made here stays and is told; what was removed here does not come back', async () => {
  await importLines([conversation('edited')]);
  await pair.service.agentRuntime.query(
    `UPDATE messages SET content = 'better' WHERE session_db_id = 'edited' AND content = 'Hello Mia'`,
  );
  await pair.service.agentRuntime.query(`DELETE FROM messages WHERE session_db_id = 'edited' AND role = 'system'`);
  const before = await fingerprint();
  const { tally } = await importLines([conversation('edited')]);
  expect(tally).toMatchObject({ sessions: { unchanged: 1 }, different: 1, messages: 0 });
  expect(await fingerprint()).toBe(before);
});

test('a deleted session stays as it is', async () => {
  await importLines([conversation('deleted')]);
  await pair.service.agentRuntime.query(`UPDATE sessions SET deleted_at = now() WHERE id = 'deleted'`);
  const messages = [...conversation('').messages, { role: 'user', content: 'more' }];
  const { tally } = await importLines([conversation('deleted', { messages })]);
  expect(tally).toMatchObject({ sessions: { unchanged: 1 }, messages: 0 });
});

test("nothing is added to another session that has the file's id by chance", async () => {
  await pair.service.agentRuntime.query(`INSERT INTO sessions (id) VALUES ('taken')`);
  await pair.service.agentRuntime.query(
    `INSERT INTO messages (id, session_db_id, role) VALUES ('m-1', 'taken', 'user')`,
  );
  await numberMessages(pair.service.agentRuntime);
  const { badLines } = await importLines([conversation('taken')]);
  expect(badLines).toEqual([[1, "the id taken is another session's here"]]);
  expect(await messagesOf('taken')).toHaveLength(1);
});

test("one user's conversation is neither added to another user's, nor taken for it", async () => {
  const first = { messages: [{ role: 'user', content: 'a' }] };
  const longer = { user: 'irina', messages: [...first.messages, { role: 'assistant', content: 'for Irina alone' }] };
  await importLines([conversation('shared', first)]);
  for (const changes of [longer, { ...first, user: 'irina' }]) {
    const { badLines, tally } = await importLines([conversation('shared', changes)]);
    expect(badLines).toEqual([[1, "the id shared is another session's here"]]);
    expect(tally.messages).toBe(0);
  }
  expect(await messagesOf('shared')).toMatchObject([{ content: 'a' }]);
});

test('bad lines are told by number, and the good ones around them come in', async () => {
  const robot = { ...conversation('robot'), messages: [{ role: 'robot' }] };
  const { tally, badLines } = await importLines([conversation('good-1'), robot, '', '{', conversation('good-2')]);
  expect(tally).toMatchObject({ sessions: { new: 2 }, badLines: 2 });
  expect(badLines.map(([number]) => number)).toEqual([2, 4]);
  expect(await sessionOf('robot')).toBeUndefined();
});

test('whoever has the name already becomes the owner, in their tenant', async () => {
  await pair.service.auth.query(
    `INSERT INTO users (id, username, email, password_hash, tenant_id) VALUES ('u-1', 'otto', 'otto@example.com', '!', 'acme')`,
  );
  const { tally } = await importLines([conversation('of-otto', { user: 'otto' })]);
  expect(tally.users).toBe(0);
  expect(await sessionOf('of-otto')).toMatchObject({ user_id: 'u-1', tenant_id: 'acme' });
});

test('an import that is stopped leaves whole conversations only', async () => {
  await expect(importLines([conversation('stopped')], AbortSignal.abort())).rejects.toThrow('stopped');
  expect(await sessionOf('stopped')).toBeUndefined();
});

test('two imports of the same file at once bring everything once, at first and when it has grown', async () => {
  const more = { messages: [...conversation('').messages, { role: 'user', content: 'more' }] };
  for (const [changes, expected] of [
    [{}, 50],
    [more, 10],
  ] as const) {
    const file = Array.from({ length: 10 }, (_, index) => conversation(`twice-${index}`, { user: 'nora', ...changes }));
    const [one, other] = await Promise.all([importLines(file), importLines(file)]);
    expect(one.tally.messages + other.tally.messages).toBe(expected);
  }
  expect(await messagesOf('twice-9')).toHaveLength(6);
});
