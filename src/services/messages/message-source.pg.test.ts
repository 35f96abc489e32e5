import { afterAll, beforeAll, expect, it } from 'vitest';
import { testDatabases, type TestDatabases } from '../../../tests/support/databases.ts';
import { addSession } from '../../../tests/support/people.ts';
import { viewerOf } from '../identity/viewer.ts';
import { pages } from '../reading/statements.ts';
import { messageSource } from './message-source.ts';

let test: TestDatabases;
beforeAll(async () => {
  test = await testDatabases();
});
afterAll(() => test.close());

async function planOfLastPage(): Promise<string> {
  const order = messageSource.orders['sequence'];
  if (order === undefined) throw new Error('messages have no order');
  const statement = pages({
    source: messageSource,
    relation: 'session',
    parentKeys: ['long'],
    columns: ['id', 'content'],
    order,
    withPlaces: true,
    backward: true,
    limit: 51,
    after: null,
    before: null,
    filter: [],
    viewer: viewerOf({ userId: 'anna', scopes: ['api:read'] }),
  });
  const { rows } = await test.service.agentRuntime.query<{ 'QUERY PLAN': string }>(
    `EXPLAIN (COSTS off) ${statement.text}`,
    statement.values,
  );
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

it('reads the end of a long session by its log, and messages by their ids, also before the tables have statistics', async () => {
  await addSession(test, 'long', { userId: 'anna' }, 3000);
  const early = await planOfLastPage();
  expect(early).toContain('Index Scan using messages_pkey');
  expect(early).not.toMatch(/ix_messages_session_db_id|idx_messages_session_timestamp/);
  await test.service.agentRuntime.query('ANALYZE');
  const settled = await planOfLastPage();
  expect(settled).toContain('Index Scan Backward using session_log_pkey');
  expect(settled).toContain('Index Scan using messages_pkey');
  expect(settled).not.toContain('Sort');
});
