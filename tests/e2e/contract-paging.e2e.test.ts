import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, codesOf, pick } from '../support/ask.ts';
import { addCrowd } from '../support/crowd.ts';
import { testDatabases, type TestDatabases } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { collect } from '../support/collect.ts';

const rowsOfEach = 7;
const anna = { userId: 'anna' };
const admin = { userId: 'anna', scopes: ['api:read', 'api:admin'] };

let test: TestDatabases;
let gateway: TestGateway;

beforeAll(async () => {
  test = await testDatabases();
  await addCrowd(test, rowsOfEach);
  // Each database has keys of its own for cursors; here one has older keys than the other.
  await test.service.auth.query('UPDATE scrollback.cursor_keys SET id = id - 86400');
  gateway = await startTestGateway(test);
});
afterAll(async () => {
  await gateway.stop();
  await test.close();
});

/** A connection of the contract: its field with fixed arguments, and the fields around it. */
interface List {
  readonly name: string;
  readonly around: readonly string[];
  readonly field: string;
  readonly fixed?: string;
  /** Only `first` and `after`. */
  readonly forwardOnly?: true;
}

const sessionLists: readonly List[] = ['LAST_ACTIVITY', 'CREATED_AT', 'TITLE'].flatMap((field) =>
  ['ASC', 'DESC'].map((direction) => ({
    name: `sessions by ${field} ${direction}`,
    around: [],
    field: 'sessions',
    fixed: `orderBy: { field: ${field}, direction: ${direction} }`,
  })),
);
const ofSession = ['session(id: "s-1")'];
const ofUser = ['user(id: "anna")'];
const lists: readonly List[] = [
  { name: 'sessions', around: [], field: 'sessions' },
  ...sessionLists,
  { name: 'messages', around: ofSession, field: 'messages' },
  { name: 'messages of a role', around: ofSession, field: 'messages', fixed: 'filter: { role: [USER] }' },
  { name: 'agentSwitches', around: ofSession, field: 'agentSwitches', forwardOnly: true },
  { name: 'approvals of a session', around: ofSession, field: 'approvals', forwardOnly: true },
  { name: 'events', around: ofSession, field: 'events', forwardOnly: true },
  { name: 'approvals', around: [], field: 'approvals', fixed: 'filter: { sessionId: "s-1" }' },
  { name: 'users', around: [], field: 'users' },
  { name: 'sessions of a user', around: ofUser, field: 'sessions' },
  { name: 'auditLogs of a user', around: ofUser, field: 'auditLogs' },
  { name: 'refreshTokens', around: ofUser, field: 'refreshTokens', forwardOnly: true },
  { name: 'auditLogs', around: [], field: 'auditLogs', fixed: 'filter: { userId: "anna" }' },
  { name: 'oauthClients', around: [], field: 'oauthClients', forwardOnly: true },
  {
    name: 'searchMessages',
    around: [],
    field: 'searchMessages',
    fixed: 'query: "alike", filter: { sessionIds: ["s-1"] }',
    forwardOnly: true,
  },
  {
    name: 'searchMessages across sessions',
    around: [],
    field: 'searchMessages',
    fixed: 'query: "alike"',
    forwardOnly: true,
  },
];
const backwardLists = lists.filter(({ forwardOnly }) => forwardOnly === undefined);

interface Connection {
  readonly totalCount: number;
  readonly nodes: readonly { readonly id: string }[];
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

const documentOf = ({ around, field, fixed }: List, page: string): string => {
  const everything = [fixed ?? '', page].filter((part) => part !== '').join(', ');
  const selection = `${field}${everything === '' ? '' : `(${everything})`} { totalCount nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`;
  return around.reduceRight((inner, outer) => `${outer} { ${inner} }`, selection);
};
const query = (list: List, page: string) => ask(gateway, admin, `{ ${documentOf(list, page)} }`);
const pathOf = ({ around, field }: List): string =>
  [...around.map((outer) => outer.replace(/\(.*/, '')), field].join('.');
const read = async (list: List, page: string): Promise<Connection> =>
  pick(await query(list, page), pathOf(list)) as Connection;

const idsOf = ({ edges }: Connection): string[] => edges.map(({ node }) => node.id);
const quoted = (cursor: string | null): string => JSON.stringify(cursor);

describe('paging with equal times', () => {
  it.each(lists)('$name: forward pages make the whole list, each row once', async (list) => {
    const whole = await read(list, 'first: 200');
    expect(whole.edges.length).toBeGreaterThanOrEqual(4);
    expect(whole.totalCount).toBe(whole.edges.length);
    expect(new Set(idsOf(whole)).size).toBe(whole.edges.length);
    expect(whole.nodes.map(({ id }) => id)).toEqual(idsOf(whole));
    const ids: string[] = [];
    const cursors: string[] = [];
    for (let after: string | null = null, more = true; more;) {
      const page: Connection = await read(list, `first: 3${after === null ? '' : `, after: ${quoted(after)}`}`);
      expect(page.totalCount).toBe(whole.totalCount);
      expect(page.pageInfo).toMatchObject({
        startCursor: page.edges[0]?.cursor,
        endCursor: page.edges.at(-1)?.cursor,
        hasPreviousPage: after !== null,
      });
      ids.push(...idsOf(page));
      cursors.push(...page.edges.map(({ cursor }) => cursor));
      more = page.pageInfo.hasNextPage;
      after = page.pageInfo.endCursor;
    }
    expect(ids).toEqual(idsOf(whole));
    expect(cursors).toEqual(whole.edges.map(({ cursor }) => cursor));
  });

  it.each(backwardLists)('$name: backward pages make the same list', async (list) => {
    const whole = await read(list, 'first: 200');
    const ids: string[] = [];
    for (let before: string | null = null, more = true; more;) {
      const page: Connection = await read(list, `last: 3${before === null ? '' : `, before: ${quoted(before)}`}`);
      expect(page.pageInfo.hasNextPage).toBe(before !== null);
      ids.unshift(...idsOf(page));
      more = page.pageInfo.hasPreviousPage;
      before = page.pageInfo.startCursor;
    }
    expect(ids).toEqual(idsOf(whole));
  });

  it.each(backwardLists)('$name: between two cursors', async (list) => {
    const whole = await read(list, 'first: 200');
    const page = await read(
      list,
      `first: 200, after: ${quoted(whole.edges[0]?.cursor ?? '')}, before: ${quoted(whole.edges[3]?.cursor ?? '')}`,
    );
    expect(idsOf(page)).toEqual(idsOf(whole).slice(1, 3));
    expect(page.totalCount).toBe(whole.totalCount);
  });
});

describe('the size of a page', () => {
  it.each(lists)('$name refuses sizes that are none', async (list) => {
    const pages = [
      'first: -1',
      'first: 201',
      'first: 2147483647',
      ...(list.forwardOnly === undefined ? ['last: -1', 'last: 201', 'first: 1, last: 1'] : []),
    ];
    for (const page of pages) expect(codesOf(await query(list, page))).toEqual(['BAD_USER_INPUT']);
  });

  it.each(lists)('$name has an empty page', async (list) => {
    const page = await read(list, 'first: 0');
    expect(page).toMatchObject({ nodes: [], edges: [], pageInfo: { hasNextPage: true } });
    expect(page.totalCount).toBeGreaterThanOrEqual(4);
  });
});

/** The same cursor with another last letter that does mean something. */
function tampered(cursor: string): string {
  const bytes = Buffer.from(cursor, 'base64url');
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  return bytes.toString('base64url');
}

describe('a cursor', () => {
  const foreignTo = (list: List): List =>
    lists.find(({ name }) => name === (list.field === 'users' ? 'sessions' : 'users')) as List;

  it.each(lists)('of $name is BAD_USER_INPUT when it is malformed, tampered with, or of another list', async (list) => {
    const cursor = (await read(list, 'first: 1')).pageInfo.endCursor ?? '';
    const foreign = (await read(foreignTo(list), 'first: 1')).pageInfo.endCursor ?? '';
    const wrong = [
      '',
      'nonsense',
      '☃',
      cursor.slice(0, -4),
      `${cursor}AAAA`,
      `${cursor}=`,
      tampered(cursor),
      // What names the key stays as it is: a key that nobody knows may be one that was retired.
      cursor.slice(0, 8) + cursor.slice(8).toUpperCase(),
      foreign,
    ];
    const places = list.forwardOnly === undefined ? ['after', 'before'] : ['after'];
    for (const place of places) {
      for (const value of wrong) {
        const answer = await query(list, `first: 2, ${place}: ${quoted(value)}`);
        expect(answer.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', reason: 'CURSOR_INVALID' } }]);
      }
    }
  });

  it('of one session is no cursor of another', async () => {
    const cursor = (await read(lists.find(({ name }) => name === 'messages') as List, 'first: 1')).pageInfo.endCursor;
    expect(
      codesOf(await ask(gateway, anna, `{ session(id: "s-2") { messages(after: ${quoted(cursor)}) { totalCount } } }`)),
    ).toEqual(['BAD_USER_INPUT']);
  });

  it('of one order is no cursor of another', async () => {
    const [one, other] = sessionLists as [List, List];
    const cursor = (await read(one, 'first: 1')).pageInfo.endCursor;
    expect(codesOf(await query(other, `after: ${quoted(cursor)}`))).toEqual(['BAD_USER_INPUT']);
  });

  it('of messages is the same in a connection and in a subscription', async () => {
    const { edges, pageInfo } = await read(lists.find(({ name }) => name === 'messages') as List, 'first: 200');
    const client = await gateway.connect(anna);
    const got = collect(
      client,
      'subscription ($after: String) { messageAdded(sessionId: "s-1", after: $after) { cursor node { id } } }',
      { after: edges[1]?.cursor },
      (data: { messageAdded: Connection['edges'][number] }) => data.messageAdded,
    );
    await got.until(edges.length - 2);
    expect(got.items).toEqual(edges.slice(2));
    expect(got.items.at(-1)?.cursor).toBe(pageInfo.endCursor);
    await client.dispose();
  });

  it('still works after a restart, on another gateway', async () => {
    const messages = lists.find(({ name }) => name === 'messages') as List;
    const { edges } = await read(messages, 'first: 3');
    const other = await startTestGateway(test);
    const answer = await ask(
      other,
      admin,
      `{ ${documentOf(messages, `first: 1, after: ${quoted(edges[1]?.cursor ?? '')}`)} }`,
    );
    await other.stop();
    expect(pick(answer, 'session.messages.nodes')).toEqual([edges[2]?.node]);
  });

  it('of a row that is gone is still a place', async () => {
    await test.service.agentRuntime.query(`DELETE FROM messages WHERE id = 'm-3-2'`);
    const third: List = { name: '', around: ['session(id: "s-3")'], field: 'messages' };
    const { edges } = await read(third, 'first: 2');
    await test.service.agentRuntime.query(`DELETE FROM messages WHERE id = 'm-3-3'`);
    const rest = await read(third, `first: 1, after: ${quoted(edges[1]?.cursor ?? '')}`);
    expect(rest.totalCount).toBe(rowsOfEach - 2);
    const sequences = await ask(gateway, anna, '{ session(id: "s-3") { messages { nodes { sequence } } } }');
    expect(pick(sequences, 'session.messages.nodes')).toEqual([1, 4, 5, 6, 7].map((sequence) => ({ sequence })));
    expect(rest.nodes).toHaveLength(1);
  });

  it('of one viewer is no cursor of another, even where both may read the list', async () => {
    const cursor = (await read(lists.find(({ name }) => name === 'messages') as List, 'first: 1')).pageInfo.endCursor;
    const rest = `{ session(id: "s-1") { messages(after: ${quoted(cursor)}) { totalCount } } }`;
    const boss = { userId: 'boss', scopes: ['api:read', 'api:admin'] };
    expect((await ask(gateway, boss, rest)).errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT', reason: 'CURSOR_INVALID' } },
    ]);
    expect(codesOf(await ask(gateway, admin, rest))).toEqual([]);
  });

  it('of a history that is gone says how far the log counts, and where to read on from', async () => {
    const fourth: List = { name: '', around: ['session(id: "s-4")'], field: 'messages' };
    const { edges } = await read(fourth, 'first: 3');
    await test.service.agentRuntime.query(
      `UPDATE scrollback.session_log SET chain = sha256(chain) WHERE session_id = 's-4'`,
    );
    const answer = await ask(gateway, anna, `{ ${documentOf(fourth, `after: ${quoted(edges[2]?.cursor ?? '')}`)} }`);
    expect(answer.errors).toMatchObject([
      { extensions: { code: 'GONE', reason: 'CURSOR_DIVERGED', lastSequence: rowsOfEach } },
    ]);
    const resumeFrom = String(answer.errors?.[0]?.extensions['resumeFrom']);
    expect((await read(fourth, `after: ${quoted(resumeFrom)}`)).nodes).toHaveLength(rowsOfEach);
  });
});
