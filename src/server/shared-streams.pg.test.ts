import { execute, parse, subscribe, type ExecutionArgs, type ExecutionResult } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { numberMessages, testDatabases, type TestDatabases } from '../../tests/support/databases.ts';
import { addMessages as insertMessages, addSession, addUser } from '../../tests/support/people.ts';
import { noteStatements, type Statements } from '../../tests/support/statements.ts';
import { createFeeds } from '../change-feed/feeds.ts';
import { Topics } from '../change-feed/topics.ts';
import { Live } from '../live/live.ts';
import { assembleSchema } from '../resolvers/assemble.ts';
import { OperationContext } from '../resolvers/context.ts';
import { Watches } from '../services/live/watches.ts';
import { viewerOf, type Viewer } from '../services/identity/viewer.ts';
import { createServices } from '../services/services.ts';
import { silentLog } from '../shared/log.ts';
import { presentError } from './present-error.ts';
import { SharedStreams, type EndOfStream } from './shared-streams.ts';

const schema = assembleSchema();
let test: TestDatabases;
let statements: Statements;
let topics: Topics;
let watches: Watches;
let streams: SharedStreams;
let executions = 0;

beforeAll(async () => {
  test = await testDatabases();
  statements = await noteStatements(test.databases.agentRuntime, test.roads.agentRuntime.gateway.database ?? '');
  topics = new Topics();
  watches = new Watches(test.databases, new Live(createFeeds(test.databases), topics));
  streams = new SharedStreams({
    execute: (args) => {
      executions += 1;
      return execute(args);
    },
    present: (error) => presentError(error, silentLog()),
  });
  await addUser(test, 'anna');
});
afterAll(() => test.close());

/** What follows here looks for no changes by itself. */
async function addMessages(of: TestDatabases, sessionId: string, from: number, to: number): Promise<void> {
  await insertMessages(of, sessionId, from, to);
  await numberMessages(of.service.agentRuntime);
}

const anna = viewerOf({ userId: 'anna', scopes: ['api:read'] });
const tenantAdmin = viewerOf({ userId: 'tara', scopes: ['api:read', 'tenant:admin'] });
const admin = viewerOf({ userId: 'root', scopes: ['api:admin'] });

function contextOf(viewer: Viewer): OperationContext {
  const { databases } = test;
  const log = silentLog();
  const services = createServices({ databases, sessionLifetimeSeconds: null, log, written: () => undefined });
  return new OperationContext({ databases, services, watches }, viewer, 'test');
}

const documents = new Map<string, ReturnType<typeof parse>>();
function documentOf(query: string): ReturnType<typeof parse> {
  const known = documents.get(query) ?? parse(query);
  documents.set(query, known);
  return known;
}

const argsOf = (viewer: Viewer, query: string, variableValues: Record<string, unknown> = {}) => ({
  schema,
  document: documentOf(query),
  variableValues,
  contextValue: contextOf(viewer),
});

interface Opened {
  readonly texts: string[];
  readonly end: EndOfStream;
  /** The error that has ended the stream, if one has. */
  readonly ended: Promise<ExecutionResult | undefined>;
}

async function open(viewer: Viewer, query: string, variables?: Record<string, unknown>): Promise<Opened> {
  const texts: string[] = [];
  const outlet = { isFull: false, send: (text: string) => void texts.push(text), whenFree: () => () => undefined };
  const end = await streams.open({ ...argsOf(viewer, query, variables), outlet });
  if (!(Symbol.asyncIterator in end)) throw new Error(JSON.stringify(end));
  return { texts, end, ended: end.next().then(({ value }) => value ?? undefined) };
}

/** As the libraries do it by themselves. */
async function plainly(args: ExecutionArgs, count: number): Promise<string[]> {
  const stream = await subscribe(args);
  if (!(Symbol.asyncIterator in stream)) throw new Error(JSON.stringify(stream));
  const texts: string[] = [];
  for await (const result of stream) {
    texts.push(JSON.stringify(result));
    if (texts.length === count) break;
  }
  return texts;
}

const startOf = async (sessionId: string, viewer = anna): Promise<string> => {
  const { data } = await execute({
    ...argsOf(
      viewer,
      '{ session(id: "' + sessionId + '") { messages(first: 1) { pageInfo { startCursor } edges { cursor } } } }',
    ),
  });
  return (data as { session: { messages: { edges: { cursor: string }[] } } }).session.messages.edges[0]?.cursor ?? '';
};

describe('a result that is executed and encoded once for all', () => {
  const selections = [
    '{ __typename }',
    '{ cursor }',
    '{ cursor node { id sequence role content createdAt } }',
    '{ node { ...Fields session { id title owner { username } } } } fragment Fields on Message { id metadata toolCalls { id name } }',
    '{ node { a: sequence b: sequence content @include(if: $yes) role @skip(if: $yes) } }',
    '{ ... { node { ... on Message { content } ... on Node { id } } } }',
    '{ node { session { messages(first: 2) { totalCount nodes { content session { messageCount } } } } } }',
    '{ node { author { username } tokenCount editedAt name toolCallId } cursor }',
  ];

  it.each(selections)('is the text that graphql gives by itself: %s', async (selection) => {
    const sessionId = `same-${selections.indexOf(selection)}`;
    await addSession(test, sessionId, { userId: 'anna' }, 4);
    await test.service.agentRuntime.query(
      `UPDATE messages SET content = E'Ünïcode "quotes" \\\\ \\u2028 \\u0001 😀' WHERE id = $1`,
      [`${sessionId}-3`],
    );
    const variables = {
      id: sessionId,
      after: await startOf(sessionId),
      ...(selection.includes('$yes') && { yes: true }),
    };
    const yes = selection.includes('$yes') ? ', $yes: Boolean!' : '';
    const [operation = '', ...fragments] = selection.split(/(?= fragment )/);
    const query = `subscription ($id: ID!, $after: String${yes}) { messageAdded(sessionId: $id, after: $after) ${operation} } ${fragments.join('')}`;
    const shared = await open(anna, query, variables);
    const plain = await plainly(argsOf(anna, query, variables), 3);
    await expect.poll(() => shared.texts).toEqual(plain);
    await shared.end.return?.();
  });

  it('is made once for many, wherever they start', async () => {
    await addSession(test, 'many', { userId: 'anna' }, 3);
    const query = `subscription ($id: ID!, $after: String) { messageAdded(sessionId: $id, after: $after) { node { sequence } } }`;
    const after = await startOf('many');
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, number) =>
        open(anna, query, { id: 'many', after: number < 10 ? after : undefined }),
      ),
    );
    await expect.poll(() => all.slice(0, 10).every(({ texts }) => texts.length === 2)).toBe(true);
    // Everybody is at the end now; a wake-up that finds nothing shows that nobody is about to read.
    topics.wakeAll();
    executions = 0;
    await addMessages(test, 'many', 4, 6);
    topics.wakeAll();
    await expect
      .poll(() => all.map(({ texts }) => texts.length))
      .toEqual(all.map((_, number) => (number < 10 ? 5 : 3)));
    expect(executions).toBe(3);
    for (const { end } of all) await end.return?.();
  });

  it('masks the errors of its fields', async () => {
    await addSession(test, 'masked', { userId: 'anna' }, 1);
    const failing = new SharedStreams({
      execute: async (args) => ({ ...(await execute(args)), errors: [new Error('secret') as never] }),
      present: (error) => presentError(error, silentLog()),
    });
    const texts: string[] = [];
    const outlet = { isFull: false, send: (text: string) => void texts.push(text), whenFree: () => () => undefined };
    const end = (await failing.open({
      ...argsOf(anna, 'subscription { messageAdded(sessionId: "masked") { cursor } }'),
      outlet,
    })) as EndOfStream;
    void end.next();
    await addMessages(test, 'masked', 2, 2);
    await expect.poll(() => (topics.wakeAll(), texts.length)).toBe(1);
    expect(texts[0]).toContain('incidentId');
    expect(texts[0]).not.toContain('secret');
    await end.return?.();
  });
});

describe('viewers', () => {
  const query = `subscription ($id: ID!) { messageAdded(sessionId: $id) { node { content session { owner { username } } } } }`;

  it('of different rights share nothing, and one who loses the session gets no more of it', async () => {
    await addSession(test, 'handed', { userId: 'anna' }, 1);
    const own = await open(anna, query, { id: 'handed' });
    const all = await open(admin, query, { id: 'handed' });
    const tenant = await open(tenantAdmin, query, { id: 'handed' });
    await addMessages(test, 'handed', 2, 2);
    await expect.poll(() => (topics.wakeAll(), [own, all, tenant].map(({ texts }) => texts.length))).toEqual([1, 1, 1]);
    await test.service.agentRuntime.query(`UPDATE sessions SET tenant_id = 'elsewhere' WHERE id = 'handed'`);
    await addMessages(test, 'handed', 3, 3);
    topics.wakeAll();
    await expect.poll(() => all.texts.length).toBe(2);
    expect((await own.ended)?.errors?.[0]?.originalError).toMatchObject({ code: 'NOT_FOUND' });
    expect((await tenant.ended)?.errors?.[0]?.originalError).toMatchObject({ code: 'NOT_FOUND' });
    expect([own.texts.length, tenant.texts.length]).toEqual([1, 1]);
    await all.end.return?.();
  });

  it('see in the feed of all sessions what is theirs and nothing else', async () => {
    const feed = 'subscription { messageFeed { node { content session { title } } } }';
    const people = ['carl', 'dora', 'emil'].map((userId) => viewerOf({ userId, scopes: ['api:read'] }));
    for (const { userId } of people) await addSession(test, `of-${userId}`, { userId: userId ?? '' });
    const opened = await Promise.all(people.flatMap((viewer) => [open(viewer, feed), open(viewer, feed)]));
    for (const { userId } of people) await addMessages(test, `of-${userId}`, 1, 2);
    await expect.poll(() => (topics.wakeAll(), opened.map(({ texts }) => texts.length))).toEqual([2, 2, 2, 2, 2, 2]);
    opened.forEach(({ texts }, index) => {
      const own = `of-${people[index >> 1]?.userId}`;
      for (const text of texts) expect(text).toContain(`"title":"${own}"`);
    });
    for (const { end } of opened) await end.return?.();
  });
});

describe('the number of statements', () => {
  it('does not grow with subscribers, and with changed sessions neither', async () => {
    const query = `subscription ($id: ID!) { messageAdded(sessionId: $id) { cursor node { content session { title } } } }`;
    const cost = async (sessions: number, subscribers: number): Promise<number> => {
      const ids = Array.from({ length: sessions }, (_, number) => `cost-${sessions}-${subscribers}-${number}`);
      for (const id of ids) await addSession(test, id, { userId: 'anna' }, 1);
      const opened = await Promise.all(
        ids.flatMap((id) => Array.from({ length: subscribers }, () => open(anna, query, { id }))),
      );
      // The first wake-up shows that all of them rest.
      for (const id of ids) await addMessages(test, id, 2, 2);
      await expect.poll(() => (topics.wakeAll(), opened.every(({ texts }) => texts.length === 1))).toBe(true);
      await new Promise((resolve) => setTimeout(resolve, 300));
      for (const id of ids) await addMessages(test, id, 3, 3);
      statements.take();
      topics.wakeAll();
      await expect.poll(() => opened.every(({ texts }) => texts.length === 2)).toBe(true);
      const taken = statements.take();
      for (const { end } of opened) await end.return?.();
      return taken.length;
    };
    // The tails, the messages with the viewer's predicate, and the sessions' titles.
    expect(await cost(1, 1)).toBe(3);
    expect(await cost(1, 30)).toBe(3);
    expect(await cost(25, 1)).toBe(3);
    expect(await cost(25, 8)).toBe(3);
  });
});
