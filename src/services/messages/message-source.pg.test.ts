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

function lastPageOf(sessionIds: readonly string[]): { text: string; values: unknown[] } {
  const order = messageSource.orders['sequence'];
  if (order === undefined) throw new Error('messages have no order');
  return pages({
    source: messageSource,
    relation: 'session',
    parentKeys: sessionIds,
    columns: ['id', 'content', 'sequence'],
    order,
    withPlaces: true,
    backward: true,
    limit: 51,
    after: null,
    before: null,
    filter: [],
    viewer: viewerOf({ userId: 'anna', scopes: ['api:read'] }),
  });
}

async function planOfLastPage(...sessionIds: string[]): Promise<string> {
  const { text, values } = lastPageOf(sessionIds);
  const { rows } = await test.service.agentRuntime.query<{ 'QUERY PLAN': string }>(
    `EXPLAIN (COSTS off) ${text}`,
    values,
  );
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

it('reads the end of a long session by its log, and messages by their ids, also before the tables have statistics', async () => {
  await addSession(test, 'long', { userId: 'anna' }, 3000);
  const early = await planOfLastPage('long');
  expect(early).toContain('Index Scan using messages_pkey');
  expect(early).not.toMatch(/ix_messages_session_db_id|idx_messages_session_timestamp/);
  await test.service.agentRuntime.query('ANALYZE');
  const settled = await planOfLastPage('long');
  expect(settled).toContain('Index Scan Backward using session_log_pkey');
  expect(settled).toContain('Index Scan using messages_pkey');
  expect(settled).not.toContain('Sort Key: l.');
});

it('asks for the order of a page outside of the join over the parents too', async () => {
  // The planner may put the page on the hashed side of that join, where its own order is lost.
  expect((await planOfLastPage('long', 'other')).split('\n').slice(0, 3).join(' ')).toMatch(
    /Sort Key: .*row_number|Sort Key: page/,
  );
});
