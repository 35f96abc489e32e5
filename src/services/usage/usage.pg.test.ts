import { sql } from '../../shared/sql.ts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { testDatabases, type TestDatabases } from '../../../tests/support/databases.ts';
import { viewerOf } from '../identity/viewer.ts';
import { messageSource } from '../messages/message-source.ts';
import { toolCallsOf, type MessageOfCalls } from '../messages/tool-calls.ts';
import { askedCallsOf } from '../messages/tool-call-text.ts';
import { Reader, type Databases } from '../reading/reader.ts';
import { usageOfSession, usageOfUser } from './usage.ts';

let test: TestDatabases;
let databases: Databases;

const reader = (userId: string, ...scopes: string[]): Reader =>
  new Reader(databases, viewerOf({ userId, scopes: ['api:read', ...scopes] }));

/** Everything that has ever stood in a column of tool calls, and worse. */
const texts = [
  '[{"id":"a","function":{"name":"f","arguments":"{}"}},{"id":"b","function":{"name":"f","arguments":"{}"}}]',
  '[{"id":"a"',
  'no JSON',
  '[]',
  '{}',
  'null',
  ' null ',
  '',
  '  ',
  '5',
  '"x"',
  '[null]',
  '[1,"x",[2],{"id":""},{"id":7},{"id":{}},{"id":true}]',
  '[{"id":"\\u0000"},{"id":"b"}]',
  '[{"id":"\\ud800"}]',
  '[{"id":"cut","arguments":"half \\ud83d"}]',
  '[{"id":12345678901234567890},{"id":1.0}]',
  '\u00a0',
  '[{"id":"ok","arguments":"\\\\u0000"}]',
  '[{"id":"it\'s \\"quoted\\""}]',
];

beforeAll(async () => {
  test = await testDatabases();
  ({ databases } = test);
  const { agentRuntime } = databases;
  await agentRuntime.query(sql`INSERT INTO public.sessions (id, user_id, tenant_id, last_activity, deleted_at) VALUES
    ('one', 'ann', 'default', '2026-01-01', NULL), ('two', 'ann', 'default', '2026-01-02', NULL),
    ('gone', 'ann', 'default', '2026-01-03', '2026-01-04'), ('other', 'bob', 'default', '2026-01-05', NULL)`);
  await agentRuntime.query(sql`INSERT INTO public.messages (id, session_db_id, role, tool_calls, token_count)
    SELECT 'm' || place, 'one', 'assistant', text, 10 FROM unnest(${texts}::text[]) WITH ORDINALITY AS t (text, place)`);
  await agentRuntime.query(sql`INSERT INTO public.messages (id, session_db_id, role, token_count) VALUES
    ('n1', 'two', 'user', NULL), ('n2', 'two', 'user', 2147483647), ('n3', 'two', 'user', 2147483647),
    ('g1', 'gone', 'user', 5), ('o1', 'other', 'user', 7)`);
  await agentRuntime.query(sql`INSERT INTO scrollback.tool_usage (id, session_id, message_id, call_id, tool_name) VALUES
    ('u1', 'one', 'm1', 'a', 'f'), ('u2', 'one', 'm1', 'x', 'f'), ('u3', 'one', 'm1', NULL, 'f'), ('u4', 'one', 'm2', 'a', 'f'),
    ('u5', 'one', 'no message', NULL, 'f')`);
  await agentRuntime.query(sql`INSERT INTO scrollback.tool_usage (id, session_id, message_id, call_id, tool_name)
    SELECT 'cut', 'one', id, 'cut', 'f' FROM public.messages WHERE tool_calls LIKE '%"cut"%'`);
});
afterAll(async () => test.close());

describe('scrollback.asked_call_ids', () => {
  it('reads as many calls from a text as the messages show', async () => {
    const rows = await databases.agentRuntime.query<{ calls: number }>(
      sql`SELECT coalesce(cardinality(scrollback.asked_call_ids(text)), 0) AS calls FROM unnest(${texts}::text[]) AS text`,
    );
    expect(rows.map((row) => row.calls)).toEqual(texts.map((text) => askedCallsOf(text).length));
  });

  it('reads the same ids', async () => {
    const rows = await databases.agentRuntime.query<{ ids: (string | null)[] | null }>(
      sql`SELECT scrollback.asked_call_ids(text) AS ids FROM unnest(${texts}::text[]) AS text`,
    );
    expect(rows.map((row) => row.ids ?? [])).toEqual(
      texts.map((text) => askedCallsOf(text).map((call) => call.callId)),
    );
  });
});

describe('usageOfSession', () => {
  it('counts tool calls as they are listed', async () => {
    const ann = reader('ann');
    const rows = await ann.some(
      messageSource,
      texts.map((_, index) => `m${index + 1}`),
      ['id', 'sessionId', 'toolCallsText', 'createdAt'],
    );
    const listed = await toolCallsOf(ann, [...rows.values()] as unknown as MessageOfCalls[], () => true);
    expect(await usageOfSession(ann, 'one')).toEqual({
      sessionCount: 1,
      messageCount: texts.length,
      toolCallCount: listed.flat().length,
      tokenCount: 10 * texts.length,
      lastActivityAt: new Date('2026-01-01T00:00:00Z'),
    });
  });

  it('is there for a deleted session, for those who may see it', async () => {
    expect(await usageOfSession(reader('root', 'api:admin'), 'gone')).toMatchObject({ sessionCount: 1, tokenCount: 5 });
    expect(await usageOfSession(reader('ann'), 'gone')).toMatchObject({
      sessionCount: 0,
      tokenCount: 0,
      lastActivityAt: null,
    });
  });
});

describe('usageOfUser', () => {
  it('sums up sessions that are not deleted', async () => {
    const usage = await usageOfUser(reader('ann'), 'ann');
    expect(usage).toMatchObject({ sessionCount: 2, messageCount: texts.length + 3 });
    expect(usage.tokenCount).toBe(10 * texts.length + 2 * 2147483647);
    expect(usage.lastActivityAt).toEqual(new Date('2026-01-02T00:00:00Z'));
    expect(await usageOfUser(reader('root', 'api:admin'), 'ann')).toEqual(usage);
  });

  it('shows a user nothing of another', async () => {
    expect(await usageOfUser(reader('ann'), 'bob')).toMatchObject({
      sessionCount: 0,
      messageCount: 0,
      lastActivityAt: null,
    });
  });

  it('needs one statement for any number of users', async () => {
    const root = reader('root', 'api:admin');
    const query = vi.spyOn(databases.agentRuntime, 'query');
    const usages = await Promise.all(['ann', 'bob', 'nobody'].map((id) => usageOfUser(root, id)));
    expect(query).toHaveBeenCalledTimes(1);
    query.mockRestore();
    expect(usages.map((usage) => usage.sessionCount)).toEqual([2, 1, 0]);
  });
});
