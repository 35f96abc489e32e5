import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import relayCompiler from 'relay-compiler';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { globalIdOf } from '../support/ask.ts';
import { testDatabases, type TestDatabases } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { fillWorld, people } from '../support/world.ts';

const here = import.meta.dirname;
let test: TestDatabases;
let gateway: TestGateway;
let project: string;

beforeAll(async () => {
  test = await testDatabases();
  await fillWorld(test);
  gateway = await startTestGateway(test);
  project = await mkdtemp(join(tmpdir(), 'scrollback-relay-'));
  await cp(join(here, 'relay'), project, { recursive: true });
  await cp(resolve(here, '../../schema.graphql'), join(project, 'schema.graphql'));
  await mkdir(join(project, 'generated'));
});
afterAll(async () => {
  await gateway.stop();
  await test.close();
  await rm(project, { recursive: true, force: true });
});

const compile = () => promisify(execFile)(relayCompiler, ['--noWatchman'], { cwd: project });

/** The operation that the compiler printed, with what it added for its store. */
async function textOf(operation: string): Promise<string> {
  const artifact = await readFile(join(project, 'generated', `${operation}.graphql.ts`), 'utf8');
  const [, literal = '""'] = /"text": ("(?:[^"\\]|\\.)*")/.exec(artifact) ?? [];
  return JSON.parse(literal) as string;
}

it("Relay's compiler takes every fragment and operation of an application", async () => {
  const { stdout, stderr } = await compile();
  expect(`${stdout}${stderr}`).not.toMatch(/error|warn/i);
  expect(await readdir(join(project, 'generated'))).toHaveLength(15);
});

const session = globalIdOf('Session', 'trip-anna');

it.each([
  ['sessionScreenQuery', { id: session }, { node: { id: session, title: 'A trip to Kazan' } }],
  [
    'sessionScreenSidebarQuery',
    { id: globalIdOf('User', 'anna'), first: 2 },
    { node: { sessions: { edges: [{}, {}] } } },
  ],
  [
    'sessionScreenMessagesQuery',
    { id: session, last: 2 },
    { node: { messages: { pageInfo: { hasPreviousPage: true } } } },
  ],
  ['sessionScreenApprovalsQuery', { id: session, first: 1 }, { node: { approvals: { edges: [{}] } } }],
  ['sessionScreenMessageQuery', { id: globalIdOf('Message', 'trip-anna-1') }, { node: { sequence: 1, role: 'USER' } }],
  [
    'sessionScreenSearchQuery',
    { query: 'Kazan', first: 5 },
    { searchMessages: { edges: expect.any(Array) as unknown } },
  ],
  [
    'sessionScreenSendMutation',
    { input: { sessionId: session, content: 'Hello' } },
    { sendMessage: { session: { id: session } } },
  ],
])('the gateway answers %s as the compiler printed it', async (operation, variables, expected) => {
  const { data, errors } = await gateway.query<object>(people.anna, await textOf(operation), variables);
  expect(errors).toBeUndefined();
  expect(data).toMatchObject(expected);
});

it('a page is refetched from the cursor that Relay keeps', async () => {
  const query = await textOf('sessionScreenMessagesQuery');
  const page = async (before: string | null) => {
    const variables = { id: session, last: 2, before };
    const { data } = await gateway.query<{ node: { messages: Page } }>(people.anna, query, variables);
    return (data as { node: { messages: Page } }).node.messages;
  };
  const last = await page(null);
  const previous = await page(last.pageInfo.startCursor);
  const sequences = [...previous.edges, ...last.edges].map(({ node }) => node.sequence);
  expect(sequences).toEqual(sequences.map((_, index) => (sequences[0] ?? 0) + index));
  expect(sequences).toHaveLength(4);
});

interface Page {
  readonly edges: readonly { readonly node: { readonly sequence: number } }[];
  readonly pageInfo: { readonly startCursor: string };
}
