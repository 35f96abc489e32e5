import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { numberMessages, testDatabases, type TestDatabases } from '../../../tests/support/databases.ts';
import { addMessages, addSession } from '../../../tests/support/people.ts';
import { createFeeds } from '../../change-feed/feeds.ts';
import { Topics } from '../../change-feed/topics.ts';
import { Live } from '../../live/live.ts';
import { unavailable } from '../../shared/errors.ts';
import { viewerOf } from '../identity/viewer.ts';
import type { Edge } from '../reading/page.ts';
import { Watches } from './watches.ts';

let test: TestDatabases;
beforeAll(async () => {
  test = await testDatabases();
});
afterAll(() => test.close());
afterEach(() => vi.restoreAllMocks());

const anna = viewerOf({ userId: 'anna', scopes: ['api:read'] });

/** The next so many statements whose text matches find no database. */
function failNext(matching: RegExp, times: number): { readonly left: () => number } {
  let left = times;
  const { agentRuntime } = test.databases;
  const query = agentRuntime.query.bind(agentRuntime);
  const failing: typeof query = (statement) => {
    if (left === 0 || !matching.test(statement.text)) return query(statement);
    left -= 1;
    return Promise.reject(unavailable('The database'));
  };
  vi.spyOn(agentRuntime, 'query').mockImplementation(failing);
  vi.spyOn(agentRuntime, 'read').mockImplementation(failing);
  return { left: () => left };
}

it('a database that goes between the log and the rows ends no stream and costs no message', async () => {
  await addSession(test, 'shaky', { userId: 'anna' }, 1);
  const topics = new Topics();
  const watches = new Watches(test.databases, new Live(createFeeds(test.databases), topics));
  const watch = await watches.messages(anna, 'shaky', null, ['id', 'sequence']);
  const messages = watch[Symbol.asyncIterator]();
  const idOfNext = async (): Promise<unknown> => ((await messages.next()).value as Edge | undefined)?.node['id'];
  const first = idOfNext();
  await addMessages(test, 'shaky', 2, 3);
  await numberMessages(test.service.agentRuntime);
  const failures = failNext(/JOIN public\.messages/, 2);
  topics.wakeAll();
  expect([await first, await idOfNext()]).toEqual(['shaky-2', 'shaky-3']);
  expect(failures.left()).toBe(0);
  await messages.return?.();
});

it('pending approvals are told once, also when the page that names them is read again', async () => {
  await addSession(test, 'asked', { userId: 'anna' });
  const topics = new Topics();
  const live = new Live(createFeeds(test.databases), topics);
  const watches = new Watches(test.databases, live);
  const request = (id: string): Promise<unknown> =>
    test.service.agentRuntime.query(
      `INSERT INTO pending_approvals (id, request_id, session_id) VALUES ($1, $1, 'asked')`,
      [id],
    );
  // The place is taken before the list is read: a request in between is in both.
  const log = live.session('asked');
  const place = await log.head();
  vi.spyOn(live, 'session').mockReturnValue({ ...log, head: () => Promise.resolve(place) });
  await request('listed');
  const changes = (await watches.approvalChanges(anna, 'asked'))[Symbol.asyncIterator]();
  expect((await changes.next()).value).toMatchObject({ kind: 'REQUESTED', approvalId: 'listed' });
  await request('new');
  const failures = failNext(/FROM (public\.)?pending_approvals/i, 1);
  expect((await changes.next()).value).toMatchObject({ kind: 'REQUESTED', approvalId: 'new' });
  expect(failures.left()).toBe(0);
  await changes.return?.();
});
