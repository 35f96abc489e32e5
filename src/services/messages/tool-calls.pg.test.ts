import { JsonText } from '../../shared/json-text.ts';
import { sql } from '../../shared/sql.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { testDatabases, type TestDatabases } from '../../../tests/support/databases.ts';
import { viewerOf } from '../identity/viewer.ts';
import { Reader, type Databases } from '../reading/reader.ts';
import { messageSource } from './message-source.ts';
import {
  approvalIdOf,
  toolCallByKey,
  toolCallOfUsage,
  toolCallsOf,
  type MessageOfCalls,
  type ToolCallRow,
} from './tool-calls.ts';

let test: TestDatabases;
let databases: Databases;

beforeAll(async () => {
  test = await testDatabases();
  ({ databases } = test);
});
afterEach(() => vi.restoreAllMocks());
afterAll(async () => test.close());

/** How many there were since. */
function countedStatements(): () => number {
  const spies = (['query', 'queryRows'] as const).map((name) => vi.spyOn(databases.agentRuntime, name));
  return () => spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
}

const ownerOf = (sessionId: string): string => `owner of ${sessionId}`;
const readerOf = (userId: string): Reader => new Reader(databases, viewerOf({ userId, scopes: ['api:read'] }));
const calls = (...ids: string[]): string =>
  JSON.stringify(ids.map((id) => ({ id, type: 'function', function: { name: `do_${id}`, arguments: '{"n":1}' } })));

async function session(id: string): Promise<void> {
  await databases.agentRuntime.query(
    sql`INSERT INTO public.sessions (id, user_id, tenant_id) VALUES (${id}, ${ownerOf(id)}, 'default')`,
  );
}

interface Written {
  readonly id: string;
  readonly asks?: string;
  readonly answers?: string;
  readonly content?: string;
}

async function message(sessionId: string, written: Written): Promise<void> {
  const role = written.answers === undefined ? 'assistant' : 'tool';
  await databases.agentRuntime.query(
    sql`INSERT INTO public.messages (id, session_db_id, role, content, tool_calls, tool_call_id, "timestamp")
      VALUES (${written.id}, ${sessionId}, ${role}, ${written.content ?? null}, ${written.asks ?? null}, ${written.answers ?? null}, '2026-01-01')`,
  );
}

async function record(
  id: string,
  sessionId: string,
  messageId: string,
  callId: string | null,
  result: unknown,
): Promise<void> {
  await databases.agentRuntime.query(
    sql`INSERT INTO scrollback.tool_usage (id, session_id, message_id, call_id, tool_name, server_name, result, execution_time_ms)
      VALUES (${id}, ${sessionId}, ${messageId}, ${callId}, 'recorded', 'weather', ${JSON.stringify(result)}::jsonb, 12)`,
  );
}

/** A session with messages in this order. */
async function conversation(id: string, written: readonly Written[]): Promise<Reader> {
  await session(id);
  for (const one of written) await message(id, one);
  return readerOf(ownerOf(id));
}

async function callsIn(reader: Reader, messageId: string): Promise<ToolCallRow[]> {
  const row = await reader.one(messageSource, messageId, ['id', 'sessionId', 'toolCallsText', 'createdAt']);
  return row === null ? [] : ofOne(reader, row as unknown as MessageOfCalls);
}

const all = (): boolean => true;

async function ofOne(reader: Reader, row: MessageOfCalls): Promise<ToolCallRow[]> {
  const [found = []] = await toolCallsOf(reader, [row], all);
  return found.map(plain);
}

/** With what is still text as the value that it spells. */
const plain = (call: ToolCallRow): ToolCallRow => ({
  ...call,
  arguments: valueOf(call.arguments),
  result: valueOf(call.result),
});
const valueOf = (value: unknown): unknown => (value instanceof JsonText ? value.toJSON() : value);

async function plainCall(found: Promise<ToolCallRow | null>): Promise<ToolCallRow | null> {
  const call = await found;
  return call === null ? null : plain(call);
}

const resultsIn = async (reader: Reader, messageId: string): Promise<unknown[]> =>
  (await callsIn(reader, messageId)).map((call) => call.result);

describe('toolCallsOf', () => {
  it('matches calls with their answers and with what was recorded, and appends what nobody asked for', async () => {
    const reader = await conversation('plain', [
      { id: 'ask', asks: calls('a', 'b', 'c') },
      { id: 'b answer', answers: 'b', content: 'no JSON' },
      { id: 'a answer', answers: 'a', content: '{"ok":true}' },
    ]);
    await record('u1', 'plain', 'ask', 'b', { recorded: true });
    await record('u2', 'plain', 'ask', null, 'extra');
    await record('u3', 'plain', 'ask', 'unknown id', 'extra');
    const found = await callsIn(reader, 'ask');
    expect(found.map(({ id, name, serverName, result }) => [id, name, serverName, result])).toEqual([
      ['ask:1', 'do_a', null, { ok: true }],
      ['ask:2', 'do_b', 'weather', { recorded: true }],
      ['ask:3', 'do_c', null, null],
      ['ask:usage:u2', 'recorded', 'weather', 'extra'],
      ['ask:usage:u3', 'recorded', 'weather', 'extra'],
    ]);
    expect(found[1]).toMatchObject({ toolCallId: 'b', arguments: { n: 1 }, executionTimeMs: 12, sessionId: 'plain' });
  });

  it('gives an answer to the last message before it that asked for its id', async () => {
    const reader = await conversation('reused', [
      { id: 'r1', asks: calls('call_1') },
      { id: 'r1 answer', answers: 'call_1', content: '1' },
      { id: 'r2', asks: calls('call_1') },
      { id: 'r3', asks: calls('call_1') },
      { id: 'r3 answer', answers: 'call_1', content: '3' },
      { id: 'r3 again', answers: 'call_1', content: '4' },
      { id: 'r4', asks: calls('call_1') },
    ]);
    const results = await Promise.all(['r1', 'r2', 'r3', 'r4'].map((id) => resultsIn(reader, id)));
    expect(results).toEqual([[1], [null], [3], [null]]);
  });

  it('gives it the same where the call is written with half an emoji', async () => {
    const half = String.raw`[{"id":"call_1","function":{"name":"f","arguments":"half \ud83d"}}]`;
    const reader = await conversation('half', [
      { id: 'h1', asks: calls('call_1') },
      { id: 'h2', asks: half },
      { id: 'h2 answer', answers: 'call_1', content: '2' },
    ]);
    expect(await Promise.all(['h1', 'h2'].map((id) => resultsIn(reader, id)))).toEqual([[null], [2]]);
  });

  it('finds the answer of a call whose id is a long number', async () => {
    const reader = await conversation('number', [
      { id: 'n1', asks: '[{"id":12345678901234567890,"name":"f"}]' },
      { id: 'n1 answer', answers: '12345678901234567890', content: '1' },
    ]);
    expect(await resultsIn(reader, 'n1')).toEqual([1]);
  });

  it('finds an answer that got its number before its call', async () => {
    const reader = await conversation('early', [
      { id: 'early answer', answers: 'call_1', content: '1' },
      { id: 'e1', asks: calls('call_1') },
      { id: 'e2', asks: calls('call_1') },
    ]);
    expect(await Promise.all(['e1', 'e2'].map((id) => resultsIn(reader, id)))).toEqual([[1], [null]]);
  });

  it('keeps what it knows when a service deletes and inserts the session again', async () => {
    const reader = await conversation('saved', [
      { id: 's1', asks: calls('call_1') },
      { id: 's1 answer', answers: 'call_1', content: '1' },
      { id: 's2', asks: calls('call_1') },
      { id: 's2 answer', answers: 'call_1', content: '2' },
    ]);
    await record('s2 use', 'saved', 's2', null, 3);
    await test.service.agentRuntime.query(`BEGIN;
      CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM public.messages WHERE session_db_id = 'saved';
      DELETE FROM public.messages WHERE session_db_id = 'saved';
      INSERT INTO public.messages SELECT * FROM kept ORDER BY id DESC;
      COMMIT`);
    expect(await Promise.all(['s1', 's2'].map((id) => resultsIn(reader, id)))).toEqual([[1], [2, 3]]);
  });

  it('takes no answer from another session or another role', async () => {
    await conversation('stranger', [{ id: 'stranger answer', answers: 'call_1', content: '"theirs"' }]);
    const reader = await conversation('alone', [{ id: 'alone ask', asks: calls('call_1') }]);
    await databases.agentRuntime.query(
      sql`INSERT INTO public.messages (id, session_db_id, role, content, tool_call_id) VALUES ('not a tool', 'alone', 'user', '1', 'call_1')`,
    );
    expect(await resultsIn(reader, 'alone ask')).toEqual([null]);
  });

  it('shows what cannot be read, and whom it cannot name', async () => {
    const reader = await conversation('broken', [
      { id: 'cut', asks: '[{"id":"a","func' },
      { id: 'odd', asks: '[{"id":"a"},7]' },
    ]);
    expect((await callsIn(reader, 'cut')).map((call) => [call.name, call.arguments])).toEqual([
      ['unknown', '[{"id":"a","func'],
    ]);
    expect((await callsIn(reader, 'odd')).map((call) => call.arguments)).toEqual([{ id: 'a' }, 7]);
  });

  it('needs two statements for any number of messages', async () => {
    const ids = Array.from({ length: 60 }, (_, index) => `many ${index}`);
    const reader = await conversation(
      'many',
      ids.flatMap((id) => [
        { id, asks: calls(id, 'same') },
        { id: `${id} answer`, answers: id, content: `"${id}"` },
      ]),
    );
    const rows = await reader.some(messageSource, ids, ['id', 'sessionId', 'toolCallsText', 'createdAt']);
    const statements = countedStatements();
    const found = await Promise.all([...rows.values()].map((row) => ofOne(reader, row as unknown as MessageOfCalls)));
    expect(statements()).toBe(2);
    expect(found.flat().filter((call) => call.result === call.messageId)).toHaveLength(60);
    const messages = [...rows.values()] as unknown as MessageOfCalls[];
    reader.forget();
    expect((await toolCallsOf(reader, messages, all)).map((of) => of.map(plain))).toEqual(found);
    expect(statements()).toBe(4);
  });

  it('reads no answers and no results where they are not wanted', async () => {
    const reader = await conversation('unwanted', [
      { id: 'unwanted ask', asks: calls('a') },
      { id: 'unwanted answer', answers: 'a', content: '1' },
    ]);
    await record('unwanted use', 'unwanted', 'unwanted ask', null, 2);
    const row = await reader.one(messageSource, 'unwanted ask', ['id', 'sessionId', 'toolCallsText', 'createdAt']);
    const statements = countedStatements();
    const [found = []] = await toolCallsOf(reader, [row as unknown as MessageOfCalls], (name) => name !== 'result');
    expect(statements()).toBe(1);
    expect(found.map(({ toolCallId, result }) => [toolCallId, result])).toEqual([
      ['a', null],
      [null, null],
    ]);
  });

  it('shows nothing that belongs to a session the viewer may not see', async () => {
    await conversation('secret', [
      { id: 'secret ask', asks: calls('a') },
      { id: 'secret answer', answers: 'a', content: '1' },
    ]);
    await record('secret use', 'secret', 'secret ask', null, 2);
    const asIfSeen = { id: 'secret ask', sessionId: 'secret', toolCallsText: calls('a'), createdAt: new Date() };
    expect((await ofOne(readerOf('somebody else'), asIfSeen)).map((call) => call.result)).toEqual([null]);
    expect((await ofOne(readerOf(ownerOf('secret')), asIfSeen)).map((call) => call.result)).toEqual([1, 2]);
  });
});

describe('a record', () => {
  const askedOf = async (id: string): Promise<unknown> =>
    (await databases.agentRuntime.query(sql`SELECT asked FROM scrollback.tool_usage WHERE id = ${id}`))[0];
  const asked = (id: string): Promise<unknown> =>
    databases.agentRuntime.query(sql`UPDATE scrollback.tool_usage SET asked = TRUE WHERE id = ${id}`);
  /** Of a message that asked for it. */
  async function recorded(name: string): Promise<Reader> {
    const reader = await conversation(name, [{ id: `${name} ask`, asks: calls('a') }]);
    await record(`${name} use`, name, `${name} ask`, 'a', 1);
    await asked(`${name} use`);
    return reader;
  }

  it('is found by a message that asks for nothing, where nobody ever asked', async () => {
    const reader = await conversation('unasked', [{ id: 'unasked ask' }]);
    await record('unasked use', 'unasked', 'unasked ask', 'a', 1);
    expect((await callsIn(reader, 'unasked ask')).map(({ id }) => id)).toEqual(['unasked ask:usage:unasked use']);
  });

  it('stays with a message that comes to ask for nothing', async () => {
    const reader = await recorded('emptied');
    await test.service.agentRuntime.query(`UPDATE public.messages SET tool_calls = NULL WHERE id = 'emptied ask'`);
    expect(await askedOf('emptied use')).toEqual({ asked: false });
    expect((await callsIn(reader, 'emptied ask')).map(({ id }) => id)).toEqual(['emptied ask:usage:emptied use']);
  });

  it.each([
    ['as it was', 'calls', true],
    ['asking for nothing', null, false],
  ])('is doubted where a save brings its message back %s: %j', async (_, asks, still) => {
    const name = `back ${String(asks)}`;
    const reader = await recorded(name);
    await test.service.agentRuntime.query(`BEGIN;
      CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM public.messages WHERE session_db_id = '${name}';
      ${asks === null ? 'UPDATE kept SET tool_calls = NULL;' : ''}
      DELETE FROM public.messages WHERE session_db_id = '${name}';
      INSERT INTO public.messages SELECT * FROM kept;
      COMMIT`);
    expect(await askedOf(`${name} use`)).toEqual({ asked: still });
    expect(await callsIn(reader, `${name} ask`)).toHaveLength(1);
  });

  it('is doubted when its message is deleted, which may come back otherwise', async () => {
    await recorded('deleted');
    await test.service.agentRuntime.query(`DELETE FROM public.messages WHERE id = 'deleted ask'`);
    expect(await askedOf('deleted use')).toEqual({ asked: false });
  });

  it('is doubted when its message gets another id, or all are truncated', async () => {
    await recorded('renamed');
    await test.service.agentRuntime.query(`UPDATE public.messages SET id = 'another' WHERE id = 'renamed ask'`);
    expect(await askedOf('renamed use')).toEqual({ asked: false });
    await asked('renamed use');
    const service = await test.service.agentRuntime.connect();
    await service.query('BEGIN');
    await service.query('TRUNCATE public.messages CASCADE');
    const { rows } = await service.query('SELECT FROM scrollback.tool_usage WHERE asked');
    await service.query('ROLLBACK');
    service.release();
    expect(rows).toEqual([]);
  });

  it('is not doubted for an edit of the text', async () => {
    await recorded('edited');
    await test.service.agentRuntime.query(`UPDATE public.messages SET content = 'new' WHERE id = 'edited ask'`);
    expect(await askedOf('edited use')).toEqual({ asked: true });
  });
});

describe('toolCallByKey', () => {
  it('finds by both kinds of ids, also where they have colons of their own', async () => {
    const reader = await conversation('keys', [{ id: 'k:usage:1', asks: calls('a') }]);
    await record('use:1', 'keys', 'k:usage:1', null, 5);
    expect((await toolCallByKey(reader, 'k:usage:1:1'))?.toolCallId).toBe('a');
    expect(await plainCall(toolCallByKey(reader, 'k:usage:1:usage:use:1'))).toMatchObject({ result: 5 });
  });

  it.each(['', ':', ':1', '1', 'k:usage:1', 'k:usage:1:2', 'k:usage:1:01', 'k:usage:1:usage:', 'nobody:1'])(
    'finds nothing under %j',
    async (key) => {
      expect(await toolCallByKey(readerOf(ownerOf('keys')), key)).toBeNull();
    },
  );

  it('answers for a foreign call as for an absent one', async () => {
    expect(await toolCallByKey(readerOf('somebody else'), 'k:usage:1:1')).toBeNull();
  });
});

describe('toolCallOfUsage', () => {
  it('is the call that was asked for, or the record itself', async () => {
    const reader = await conversation('used', [{ id: 'used ask', asks: calls('a', 'b') }]);
    await record('used 1', 'used', 'used ask', 'b', 1);
    await record('used 2', 'used', 'used ask', null, 2);
    expect(await plainCall(toolCallOfUsage(reader, 'used ask', 'used 1', all))).toMatchObject({
      id: 'used ask:2',
      result: 1,
    });
    expect(await plainCall(toolCallOfUsage(reader, 'used ask', 'used 2', all))).toMatchObject({
      id: 'used ask:usage:used 2',
      result: 2,
    });
    expect(await toolCallOfUsage(reader, 'used ask', 'used 3', all)).toBeNull();
  });
});

describe('approvalIdOf', () => {
  const request = async (id: string, sessionId: string, callId: string, createdAt: string): Promise<unknown> =>
    databases.agentRuntime.query(
      sql`INSERT INTO public.pending_approvals (id, request_id, session_id, call_id, created_at)
        VALUES (${id}, ${id}, ${sessionId}, ${callId}, ${createdAt})`,
    );

  it('is the newest of the session for the call, in one statement, for those who may see it', async () => {
    const reader = await conversation('approved', []);
    await session('approved elsewhere');
    await request('old', 'approved', 'a', '2026-01-01');
    await request('new', 'approved', 'a', '2026-01-02');
    await request('elsewhere', 'approved elsewhere', 'b', '2026-01-03');
    const asked = ['a', 'b', null].map((toolCallId) => ({ sessionId: 'approved', toolCallId }));
    const query = vi.spyOn(databases.agentRuntime, 'query');
    expect(await Promise.all(asked.map((call) => approvalIdOf(reader, call)))).toEqual(['new', null, null]);
    expect(query).toHaveBeenCalledTimes(1);
    query.mockRestore();
    expect(await approvalIdOf(readerOf('somebody else'), { sessionId: 'approved', toolCallId: 'a' })).toBeNull();
  });
});
