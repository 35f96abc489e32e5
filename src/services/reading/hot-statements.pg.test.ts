import type { Sql } from '../../shared/sql.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { numberMessages, testDatabases, type TestDatabases } from '../../../tests/support/databases.ts';
import { addSession, addUser } from '../../../tests/support/people.ts';
import type { DatabaseName } from '../../databases/database-name.ts';
import { viewerOf } from '../identity/viewer.ts';
import { recordedCalls } from '../messages/tool-call-statements.ts';
import { sources } from '../sources.ts';
import { pageReadingOf } from './page-reading.ts';
import { pageRequestOf, type PageArguments } from './page-request.ts';
import type { Source } from './source.ts';
import { pages, rowsByKeys } from './statements.ts';

let test: TestDatabases;

const messages = 10_000;
/** An administrator of the tenant, whose predicate narrows nothing down. */
const tess = viewerOf({ userId: 'tess', scopes: ['api:read', 'tenant:admin', 'audit:read'] });

beforeAll(async () => {
  test = await testDatabases();
  const { agentRuntime, auth } = test.service;
  await addUser(test, 'anna');
  await auth.query(`INSERT INTO users (id, username, email, password_hash)
    SELECT 'u-' || n, 'u-' || n, 'u-' || n || '@example.org', '!' FROM generate_series(1, 2000) AS n`);
  await auth.query(`INSERT INTO audit_logs (id, user_id, event_type)
    SELECT 'a-' || n, CASE WHEN n % 25 = 0 THEN 'anna' ELSE 'u-' || (1 + n % 2000) END, 'login_success' FROM generate_series(1, 20000) AS n`);
  await addSession(test, 'long', { userId: 'anna' }, messages);
  await agentRuntime.query(`INSERT INTO sessions (id, user_id, tenant_id, last_activity)
    SELECT 's-' || n, CASE WHEN n % 20 = 0 THEN 'anna' ELSE 'u-' || n END, 'default', now() - n * interval '1 min' FROM generate_series(1, 4000) AS n`);
  await agentRuntime.query(`INSERT INTO messages (id, session_db_id, role, content)
    SELECT 'm-' || s || '-' || n, 's-' || s, 'user', 'x' FROM generate_series(1, 2000) AS s, generate_series(1, 30) AS n`);
  await agentRuntime.query(`INSERT INTO scrollback.tool_usage (id, session_id, message_id, call_id, tool_name, asked)
    SELECT id, session_db_id, id, 'c', 'find', n % 100 > 0
    FROM (SELECT id, session_db_id, row_number() OVER () AS n FROM messages) AS m WHERE n % 3 = 0`);
  await numberMessages(agentRuntime);
  await Promise.all([agentRuntime.query('ANALYZE'), auth.query('ANALYZE')]);
}, 120_000);
afterAll(() => test.close());

function source(name: string): Source {
  const found = sources.get(name);
  if (found === undefined) throw new Error(`There is no source ${name}.`);
  return found;
}

interface List {
  readonly of: string;
  readonly columns: readonly string[];
  readonly relation: string | null;
  readonly parents: readonly string[];
}

function pageOf(
  { of, columns, relation, parents }: List,
  page: PageArguments,
  after: readonly string[] | null = null,
): Sql {
  const query = {
    source: source(of),
    relation,
    columns,
    filter: null,
    orderBy: null,
    withPlaces: true,
    withMore: true,
  };
  const { statement } = pageReadingOf({ ...query, request: pageRequestOf(page) }, tess);
  return pages({ ...statement, parentKeys: parents, after, before: null });
}

/** The plans for all values, which a prepared statement gets, and for these, which it has at first. */
async function plansOf(database: DatabaseName, { text, values }: Sql): Promise<string[]> {
  const explain = async (options: string, given: unknown[]): Promise<string> => {
    const statement = `EXPLAIN (${options}COSTS off) ${text}`;
    const { rows } = await test.service[database].query<{ 'QUERY PLAN': string }>(statement, given);
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  };
  return [await explain('GENERIC_PLAN, ', []), await explain('', values)];
}

const shortSessions = Array.from({ length: 20 }, (_, n) => `s-${20 * (n + 1)}`);
const ofSession = { of: 'messages', columns: ['id', 'sequence', 'role', 'content', 'createdAt'], relation: 'session' };
const ofUser = { columns: ['id', 'createdAt'], parents: ['anna'] };

const hot: readonly (readonly [string, DatabaseName, () => Sql, readonly string[]])[] = [
  [
    'the end of a session',
    'agentRuntime',
    () => pageOf({ ...ofSession, parents: ['long'] }, { last: 50 }),
    ['Index Scan Backward using session_log_pkey', 'messages_pkey'],
  ],
  [
    'the ends of many sessions',
    'agentRuntime',
    () => pageOf({ ...ofSession, parents: shortSessions }, { last: 5 }),
    ['Index Scan Backward using session_log_pkey', 'messages_pkey'],
  ],
  [
    "a user's sessions",
    'agentRuntime',
    () => pageOf({ ...ofUser, of: 'sessions', relation: 'owner' }, { first: 20 }),
    ['scrollback_sessions_user_activity'],
  ],
  [
    'one message',
    'agentRuntime',
    () => rowsByKeys(source('messages'), ['id', 'content'], ['m-1-1'], tess),
    ['session_log_added', 'messages_pkey'],
  ],
  [
    'a trail',
    'auth',
    () => pageOf({ ...ofUser, of: 'auditLogs', relation: 'user' }, { first: 50 }),
    ['Index Scan Backward using audit_entries_'],
  ],
];

describe('a hot statement reads by indexes and sorts nothing', () => {
  it.each(hot)('%s', async (_name, database, statement, indexes) => {
    for (const plan of await plansOf(database, statement())) {
      for (const index of indexes) expect(plan).toContain(index);
      expect(plan).not.toContain('Seq Scan');
      expect(plan).not.toContain('Sort Key');
    }
  });
});

it('records of tool calls are found by their indexes, one by one', async () => {
  const messageIds = (from: number): string[] => Array.from({ length: 20 }, (_, n) => `m-${from + n}-1`);
  const statement = recordedCalls(tess, { asking: messageIds(1), others: messageIds(100) }, ['arguments']);
  const [plan] = await plansOf('agentRuntime', statement);
  for (const index of ['tool_usage_message_id', 'tool_usage_unasked'])
    expect(plan).toContain(`Index Scan using ${index}`);
  expect(plan).not.toMatch(/Seq Scan|Bitmap/);
});

interface Buffers {
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
}

/** How many blocks the database looks at for the 50 messages after a number; time would tell of the machine. */
async function blocksOfPageAfter(number: number): Promise<number> {
  const { text, values } = pageOf({ ...ofSession, parents: ['long'] }, { first: 50 }, [String(number)]);
  const { rows } = await test.service.agentRuntime.query<{ 'QUERY PLAN': [{ Plan: Buffers }] }>(
    `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
    values,
  );
  const plan = rows[0]?.['QUERY PLAN'][0].Plan;
  return (plan?.['Shared Hit Blocks'] ?? Infinity) + (plan?.['Shared Read Blocks'] ?? 0);
}

it('a page in the depth of a long session costs what the first one costs', async () => {
  const first = await blocksOfPageAfter(0);
  expect(first).toBeLessThan(1000);
  for (const number of [5_000, 9_900]) expect(await blocksOfPageAfter(number)).toBeLessThanOrEqual(1.2 * first);
});
