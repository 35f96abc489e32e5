import { afterAll, beforeAll, expect, it } from 'vitest';
import { numberMessages, testDatabases, type TestDatabases } from '../../../tests/support/databases.ts';
import { addSession } from '../../../tests/support/people.ts';
import { viewerOf } from '../identity/viewer.ts';
import type { Source } from '../reading/source.ts';
import { pages, type PageStatement } from '../reading/statements.ts';
import { sessionSource } from '../sessions/session-source.ts';
import { messageSource } from './message-source.ts';

let test: TestDatabases;
beforeAll(async () => {
  test = await testDatabases();
});
afterAll(() => test.close());

function lastPage(parentKeys: readonly string[], source: Source, orderName: string): PageStatement {
  const order = source.orders[orderName];
  if (order === undefined) throw new Error(`${source.name} have no order ${orderName}`);
  return {
    source,
    relation: 'session',
    parentKeys,
    columns: ['id'],
    order,
    withPlaces: true,
    backward: true,
    limit: 51,
    after: null,
    before: null,
    filter: [],
    viewer: viewerOf({ userId: 'anna', scopes: ['api:read'] }),
  };
}

async function planOfLastPage(...sessionIds: string[]): Promise<string> {
  const { text, values } = pages({
    ...lastPage(sessionIds, messageSource, 'sequence'),
    columns: ['id', 'content', 'sequence'],
  });
  const { rows } = await test.service.agentRuntime.query<{ 'QUERY PLAN': string }>(
    `EXPLAIN (COSTS off) ${text}`,
    values,
  );
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

it('reads the end of a long session by its log, and messages by their ids, also before the tables have statistics', async () => {
  await addSession(test, 'long', { userId: 'anna' }, 3000);
  await numberMessages(test.service.agentRuntime);
  const early = await planOfLastPage('long');
  expect(early).toContain('Index Scan using messages_pkey');
  expect(early).not.toMatch(/ix_messages_session_db_id|idx_messages_session_timestamp/);
  await test.service.agentRuntime.query('ANALYZE');
  const settled = await planOfLastPage('long');
  expect(settled).toContain('Index Scan Backward using session_log_pkey');
  expect(settled).toContain('Index Scan using messages_pkey');
  expect(settled).not.toContain('Sort Key: l.');
});

it.each([
  ['messages', messageSource, 'sequence', 'session', true],
  ['messages', messageSource, 'sequence', 'session', false],
  ['sessions', sessionSource, 'lastActivity', 'owner', true],
])('numbers the %s of many parents in their order', async (name, source, orderName, relation, backward) => {
  const owner = `${name} ${backward}`;
  for (const n of [1, 2, 3]) await addSession(test, `${owner} ${n}`, { userId: owner }, 3);
  await numberMessages(test.service.agentRuntime);
  const parents = source === sessionSource ? [owner, 'nobody'] : [1, 2, 3].map((n) => `${owner} ${n}`);
  const viewer = viewerOf({ userId: owner, scopes: ['api:read'] });
  const { text, values } = pages({ ...lastPage(parents, source, orderName), relation, backward, viewer });
  // The planner is free to put the pages on the hashed side of a join, where their own order is lost.
  const { rows } = await test.service.agentRuntime.query<{ __parent: string; __row: string }>(text, values);
  for (const ofParent of Map.groupBy(rows, (row) => row.__parent).values()) {
    const numbers = ofParent.map((row) => Number(row.__row));
    expect(numbers).toHaveLength(3);
    expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
  }
  expect(rows).toHaveLength(source === sessionSource ? 3 : 9);
});
