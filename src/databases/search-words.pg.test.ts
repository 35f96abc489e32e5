import { afterEach, beforeEach, expect, it } from 'vitest';
import { testDatabases, type TestDatabases } from '../../tests/support/databases.ts';
import { addSession } from '../../tests/support/people.ts';
import { silentLog } from '../shared/log.ts';
import type { DatabaseDefinition } from './database.ts';
import { agentRuntimeDefinition } from './definitions.ts';
import { migrate } from './migrate.ts';

let test: TestDatabases;
beforeEach(async () => {
  test = await testDatabases({ migrated: false });
});
afterEach(() => test.close());

const { migrations } = agentRuntimeDefinition;
const before: DatabaseDefinition = {
  ...agentRuntimeDefinition,
  migrations: migrations.slice(
    0,
    migrations.findIndex(({ name }) => name === '19-search-words'),
  ),
};
const bringUp = (definition: DatabaseDefinition) => migrate(definition, test.roads.agentRuntime.owner, silentLog());
const query = async (text: string): Promise<unknown[]> => (await test.service.agentRuntime.query<object>(text)).rows;

const having = (word: string): Promise<unknown[]> =>
  query(
    `SELECT message_id FROM scrollback.message_documents WHERE document @@ '${word}'::tsquery ORDER BY message_id COLLATE "C"`,
  );

it('documents that are there are made again, piece by piece, and those of removed messages are passed over', async () => {
  await bringUp(before);
  await addSession(test, 'one', { userId: 'ann' }, 1500);
  await query(
    `UPDATE messages SET content = 'see <Wolverine> in src/tails.ts' WHERE id IN ('one-1', 'one-777', 'one-999')`,
  );
  await bringUp(before);
  expect(await having('tail')).toEqual([]);
  await query(`DELETE FROM messages WHERE id = 'one-777'`);
  expect(await bringUp(agentRuntimeDefinition)).toContain('19-search-words');
  expect(await having('tail & wolverin')).toEqual([{ message_id: 'one-1' }, { message_id: 'one-999' }]);
  expect(await query('SELECT count(*)::int FROM scrollback.message_documents')).toEqual([{ count: 1499 }]);
  expect(await query('SELECT outdated_beyond FROM scrollback.document_progress')).toEqual([{ outdated_beyond: null }]);
});

it('what is written meanwhile comes first, and a search by words goes on', async () => {
  await bringUp(before);
  await addSession(test, 'one', { userId: 'ann' }, 30);
  await bringUp(before);
  await bringUp(agentRuntimeDefinition);
  await query(`UPDATE scrollback.document_progress SET outdated_beyond = ''`);
  await query(`UPDATE messages SET content = 'src/marten.ts' WHERE id = 'one-30'`);
  expect(await query('SELECT scrollback.index_documents(10)')).toEqual([{ index_documents: 1 }]);
  expect(await having('marten')).toEqual([{ message_id: 'one-30' }]);
  const taken = [];
  for (let round = 0; round < 5; round += 1) taken.push(...(await query('SELECT scrollback.index_documents(10) AS n')));
  expect(taken).toEqual([{ n: 10 }, { n: 10 }, { n: 10 }, { n: 0 }, { n: 0 }]);
  expect(await having('messag')).toHaveLength(29);
});
