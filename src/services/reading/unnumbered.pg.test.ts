import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { numberMessages, testDatabases, type TestDatabases } from '../../../tests/support/databases.ts';
import { addSession } from '../../../tests/support/people.ts';
import { unavailable } from '../../shared/errors.ts';
import { viewerOf } from '../identity/viewer.ts';
import { messageSource } from '../messages/message-source.ts';
import { toolCallsOf, type MessageOfCalls } from '../messages/tool-calls.ts';
import { searchMessages } from '../search/search.ts';
import { sessionSource } from '../sessions/session-source.ts';
import { pageReadingOf, type PageQuery } from './page-reading.ts';
import { pageRequestOf } from './page-request.ts';
import { Reader } from './reader.ts';
import type { PageStatement } from './statements.ts';

let test: TestDatabases;
let reader: Reader;
const anna = viewerOf({ userId: 'anna', scopes: ['api:read'] });
const sessions = ['one', 'two', 'none'];

beforeAll(async () => {
  test = await testDatabases();
  for (const id of sessions) await addSession(test, id, { userId: 'anna' });
  await insert('old', 'one');
  await numberMessages(test.service.agentRuntime);
});
afterAll(() => test.close());

async function insert(id: string, sessionId: string, columns: Record<string, string> = {}): Promise<void> {
  const all = { id, session_db_id: sessionId, role: 'assistant', content: id, ...columns };
  const places = Object.keys(all).map((_, index) => `$${index + 1}`);
  await test.service.agentRuntime.query(
    `INSERT INTO messages (${Object.keys(all).join()}) VALUES (${places.join()})`,
    Object.values(all),
  );
}

/** What is there when a test begins and has no number: one message in each of two sessions. */
let fresh: readonly [string, string];
let count = 0;
beforeEach(async () => {
  await numberMessages(test.service.agentRuntime);
  count += 1;
  fresh = [`one ${count}`, `two ${count}`];
  await insert(fresh[0], 'one');
  await insert(fresh[1], 'two');
  reader = new Reader(test.databases, anna);
});

const waiting = async (): Promise<unknown[]> =>
  (
    await test.service.agentRuntime.query<{ id: string }>(
      'SELECT message_id AS id FROM scrollback.unnumbered_messages ORDER BY position',
    )
  ).rows.map(({ id }) => id);

const query = (relation: string | null, withPlaces: boolean): PageQuery => ({
  source: messageSource,
  relation,
  columns: ['id', 'sequence'],
  filter: null,
  orderBy: null,
  withPlaces,
  withMore: true,
  request: pageRequestOf({ last: 50 }),
});
const statement = (parentKeys: readonly string[], withPlaces: boolean): PageStatement => ({
  ...pageReadingOf(query('session', withPlaces), anna).statement,
  parentKeys,
  after: null,
  before: null,
});

describe.each([true, false])('a message that has no number yet, with places: %s', (withPlaces) => {
  it('is in the page of its session, and leaves others as they are', async () => {
    const page = await reader.page(query('session', withPlaces), 'one');
    expect(page.nodes.at(-1)).toMatchObject({ id: fresh[0] });
    expect(await waiting()).toEqual([fresh[1]]);
    expect(page.nodes.at(-1)?.['sequence']).toBe(await page.totalCount());
  });

  it('is in the pages of many sessions', async () => {
    const pages = await Promise.all(sessions.map((id) => reader.page(query('session', withPlaces), id)));
    expect(pages.map(({ nodes }) => nodes.at(-1)?.['id'])).toEqual([...fresh, undefined]);
    expect(await waiting()).toEqual([]);
  });

  it('is in the list of all messages', async () => {
    const page = await reader.page(query(null, withPlaces), null);
    expect(page.nodes.map(({ id }) => id)).toEqual(expect.arrayContaining([...fresh]));
  });

  it('is in the rows of a plan, and is counted there', async () => {
    const rows = await reader.pageRows(statement(['one'], withPlaces));
    expect([rows[0]?.[0], rows[0]?.[1]]).toEqual([null, fresh[0]]);
    expect(await waiting()).toEqual([fresh[1]]);
    const ofMany = await reader.pageRows(statement(sessions, withPlaces));
    expect(ofMany.filter(([parent]) => parent === 'two')[0]?.[1]).toBe(fresh[1]);
    expect(ofMany.every(([parent]) => sessions.includes(parent as string))).toBe(true);
  });
});

describe('a message that has no number yet', () => {
  const total = async (sessionId: string): Promise<number> =>
    Number(
      (
        await test.service.agentRuntime.query<{ count: string }>(
          'SELECT count(*) AS count FROM messages WHERE session_db_id = $1',
          [sessionId],
        )
      ).rows[0]?.count,
    );

  it('is counted', async () => {
    expect(await reader.countRows(statement(['two'], false))).toEqual([[null, String(await total('two'))]]);
    expect(await waiting()).toEqual([fresh[0]]);
    const counted = await reader.countRows(statement(sessions, false));
    expect(new Map(counted as [string, string][])).toEqual(
      new Map(await Promise.all(sessions.map(async (id) => [id, String(await total(id))] as const))),
    );
  });

  it('is found by its id, with one that is nowhere and one that has a number', async () => {
    const ids = [fresh[0], 'old', 'nowhere'];
    const found = await reader.some(messageSource, ids, ['id', 'sequence']);
    expect([...found.keys()].toSorted()).toEqual(['old', fresh[0]].toSorted());
    const texts = await reader.rowsByKeys(messageSource, ['id'], [fresh[1], 'nowhere']);
    expect([...texts]).toEqual([[fresh[1], [fresh[1], fresh[1]]]]);
  });

  it('is found by its id also where another reader numbers it between the look for it and for its number', async () => {
    const { agentRuntime } = test.databases;
    const reading = agentRuntime.query.bind(agentRuntime);
    const between = vi.spyOn(agentRuntime, 'query').mockImplementation(async (asked, options) => {
      if (asked.text.includes('noted_sessions_of')) await numberMessages(test.service.agentRuntime);
      return reading(asked, options);
    });
    try {
      expect([...(await reader.rowsByKeys(messageSource, ['id'], [fresh[0]])).keys()]).toEqual([fresh[0]]);
      expect(await reader.one(messageSource, fresh[1], ['id'])).toMatchObject({ id: fresh[1] });
    } finally {
      between.mockRestore();
    }
  });

  it('is the last of its session', async () => {
    const session = await reader.one(sessionSource, 'two', ['lastMessageId']);
    expect(session).toEqual({ __key: 'two', lastMessageId: fresh[1] });
  });

  it('answers a tool call', async () => {
    await insert(`asks ${count}`, 'two', {
      tool_calls: JSON.stringify([{ id: `call ${count}`, function: { name: 'find', arguments: '{}' } }]),
    });
    const columns = ['id', 'sessionId', 'toolCallsText', 'createdAt'];
    const message = (await reader.one(messageSource, `asks ${count}`, columns)) as unknown as MessageOfCalls;
    await insert(`answers ${count}`, 'two', { role: 'tool', tool_call_id: `call ${count}`, content: 'found it' });
    const [calls] = await toolCallsOf(reader, [message], () => true);
    expect(calls?.map(({ result }) => String(result))).toEqual(['found it']);
  });

  it('is found by its words, indexed or not', async () => {
    await insert(`told ${count}`, 'two', { content: `a wolverine ${count}` });
    const found = await searchMessages(reader, {
      query: `wolverine ${count}`,
      request: pageRequestOf({ first: 5 }),
      filter: null,
      columns: ['id', 'sequence'],
    });
    expect(found.nodes.map(({ id }) => id)).toEqual([`told ${count}`]);
  });

  it('may be missing for who may be a little behind, while nobody can number it', async () => {
    const numbering = vi.spyOn(test.databases.agentRuntime, 'query').mockRejectedValue(unavailable('The database'));
    try {
      const lagging = new Reader(test.databases, anna, { mayLag: true });
      const [row] = await lagging.pageRows(statement(['one'], false));
      expect(row?.[1]).not.toBe(fresh[0]);
      expect(await lagging.rowsByKeys(messageSource, ['id'], [fresh[0]])).toEqual(new Map());
      await expect(reader.pageRows(statement(['one'], false))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    } finally {
      numbering.mockRestore();
    }
    expect(await waiting()).toEqual(fresh);
  });
});
