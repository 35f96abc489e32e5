import { sql } from '../../shared/sql.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { numberMessages, testDatabases, type TestDatabases } from '../../../tests/support/databases.ts';
import { addMessages, addSession } from '../../../tests/support/people.ts';
import { noteStatements, type Statements } from '../../../tests/support/statements.ts';
import { viewerOf, type Viewer } from '../identity/viewer.ts';
import { messageSource } from '../messages/message-source.ts';
import { RowsTogether, viewersRows, type ViewersRows } from './rows-together.ts';

let test: TestDatabases;
let statements: Statements;
let together: RowsTogether;

beforeAll(async () => {
  test = await testDatabases();
  statements = await noteStatements(test.databases.agentRuntime, test.roads.agentRuntime.gateway.database ?? '');
  together = new RowsTogether(test.databases);
  for (const userId of ['anna', 'ben', 'carl']) await addSession(test, `of-${userId}`, { userId }, 3);
  await addSession(test, 'elsewhere', { userId: 'anna', tenantId: 'other' }, 1);
  await numberMessages(test.service.agentRuntime);
});
afterAll(() => test.close());
beforeEach(() => void statements.take());

const all = ['of-anna-1', 'of-ben-2', 'of-carl-3', 'elsewhere-1', 'nothing'];
const people = ['anna', 'ben', 'carl'].map((userId) => viewerOf({ userId, scopes: ['api:read'] }));
const tenantAdmin = viewerOf({ userId: 'tara', scopes: ['api:read', 'tenant:admin'] });
const admin = viewerOf({ userId: 'root', scopes: ['api:admin'] });
const nobody = viewerOf({ userId: 'anna', scopes: [] });

const rowsOf = (viewer: Viewer, columns = ['id', 'content']): ViewersRows => {
  const rows = viewersRows(viewer, messageSource, columns);
  if (rows === null) throw new Error('the predicate cannot travel');
  return rows;
};

describe('rows that are read in one turn', () => {
  it('are each looked at with the predicate of whoever asked for them, by one statement for all of a kind', async () => {
    const viewers = [...people, tenantAdmin, admin, nobody];
    const found = await Promise.all(viewers.map((viewer) => together.some(rowsOf(viewer), all)));
    expect(found.map((rows) => [...rows.keys()])).toEqual([
      ['of-anna-1'],
      ['of-ben-2'],
      ['of-carl-3'],
      ['of-anna-1', 'of-ben-2', 'of-carl-3'],
      ['of-anna-1', 'of-ben-2', 'of-carl-3', 'elsewhere-1'],
      [],
    ]);
    expect(found[0]?.get('of-anna-1')).toMatchObject({ id: 'of-anna-1' });
    // Owners, administrators of tenants, administrators, and those who see nothing.
    expect(statements.take()).toHaveLength(4);
  });

  it('are as many statements as they need to be no larger than others', async () => {
    await addSession(test, 'long', { userId: 'anna' }, 1);
    await addMessages(test, 'long', 2, 1200);
    await numberMessages(test.service.agentRuntime);
    statements.take();
    const keys = Array.from({ length: 1200 }, (_, index) => `long-${index + 1}`);
    const pages = Array.from({ length: 12 }, (_, page) => keys.slice(page * 100, page * 100 + 100));
    const found = await Promise.all(pages.map((page) => together.some(rowsOf(people[0] as Viewer), page)));
    expect(found.flatMap((rows) => [...rows.keys()])).toEqual(keys);
    expect(statements.take()).toHaveLength(2);
  });

  it('fail together, and those of the next turn do not', async () => {
    const failing = viewersRows(people[0] as Viewer, { ...messageSource, columns: { id: '1 / 0' } }, ['id']);
    const asked = [0, 1].map(() => together.some(failing as ViewersRows, ['of-anna-1']));
    await expect(Promise.allSettled(asked)).resolves.toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
    expect([...(await together.some(rowsOf(people[0] as Viewer), all)).keys()]).toEqual(['of-anna-1']);
  });
});

it('a predicate with a value that is no text is not for sharing', () => {
  const visible = (): ReturnType<typeof sql> => sql`l.number < ${5}`;
  expect(viewersRows(admin, { ...messageSource, visible }, ['id'])).toBeNull();
});
