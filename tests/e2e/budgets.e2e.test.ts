import { readFileSync } from 'node:fs';
import { execute, Kind, parse, validate, type DocumentNode, type ExecutionResult } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFeeds } from '../../src/change-feed/feeds.ts';
import { Topics } from '../../src/change-feed/topics.ts';
import { Live } from '../../src/live/live.ts';
import { assembleSchema } from '../../src/resolvers/assemble.ts';
import { OperationContext, type Gateway } from '../../src/resolvers/context.ts';
import { Planner, type Request } from '../../src/read-plans/planner.ts';
import { viewerOf } from '../../src/services/identity/viewer.ts';
import { Watches } from '../../src/services/live/watches.ts';
import { indexDocuments } from '../../src/services/search/index-documents.ts';
import { createServices } from '../../src/services/services.ts';
import { silentLog } from '../../src/shared/log.ts';
import { globalIdOf } from '../support/ask.ts';
import { addCrowd } from '../support/crowd.ts';
import { testDatabases, withRowSecurity, type TestDatabases } from '../support/databases.ts';
import { inRounds } from '../support/rounds.ts';
import { noteStatements, type Statements } from '../support/statements.ts';

const everything = parse(readFileSync(new URL('everything.graphql', import.meta.url), 'utf8'));
const schema = assembleSchema();
const few = 4;
const many = 30;
const viewer = viewerOf({ userId: 'anna', scopes: ['api:read', 'api:write', 'api:admin'] });

/** A gateway without its chores and polls, so that what is counted is what an operation asks. */
interface Counted {
  readonly gateway: Gateway;
  readonly statements: Readonly<Record<'agentRuntime' | 'auth', Statements>>;
  close(): Promise<void>;
}

async function open(rows: number): Promise<Counted> {
  const test: TestDatabases = await testDatabases();
  await addCrowd(test, rows);
  await test.service.agentRuntime.query(
    `INSERT INTO pending_approvals (id, request_id, session_id) SELECT 'pending-' || n, 'pending-' || n, 's-1' FROM generate_series(1, 2) AS n`,
  );
  const databases = inRounds(test.databases);
  await indexDocuments(databases.agentRuntime, 1000);
  const note = (name: 'agentRuntime' | 'auth'): Promise<Statements> =>
    noteStatements(databases[name], test.roads[name].gateway.database);
  const statements = { agentRuntime: await note('agentRuntime'), auth: await note('auth') };
  const services = createServices({
    databases,
    sessionLifetimeSeconds: null,
    log: silentLog(),
    written: () => undefined,
  });
  return {
    gateway: { databases, services, watches: new Watches(databases, new Live(createFeeds(databases), new Topics())) },
    statements,
    close: () => test.close(),
  };
}

/** [statements to agent_runtime, statements to auth_db] */
type Cost = readonly [agentRuntime: number, auth: number];

/** How HTTP executes operations, and how websockets do. */
type Executor = (request: Request, context: OperationContext) => Promise<ExecutionResult>;

const planner = new Planner(schema);
const plans: Executor = async (request, context) => (await planner.execute(request, context)) as ExecutionResult;
const resolvers: Executor = async ({ variables, ...request }, contextValue) =>
  execute({ schema, ...request, variableValues: variables, contextValue });

async function costOf(
  { gateway, statements }: Counted,
  document: DocumentNode,
  operationName: string | null = null,
  variables: Record<string, unknown> = {},
  executor: Executor = plans,
): Promise<Cost> {
  statements.agentRuntime.take();
  statements.auth.take();
  const { data, errors } = await executor(
    { document, operationName, variables },
    new OperationContext(gateway, viewer, 'test'),
  );
  expect(errors).toBeUndefined();
  expect(Object.values(JSON.parse(JSON.stringify(data)) as object)).not.toContain(null);
  return [statements.agentRuntime.take().length, statements.auth.take().length];
}

let small: Counted;
let large: Counted;

beforeAll(async () => {
  [small, large] = [await open(few), await open(many)];
  // What is read once per process, the key of cursors, is no operation's cost.
  for (const counted of [small, large]) await costOf(counted, everything, 'viewer');
}, 60_000);
afterAll(async () => {
  await small.close();
  await large.close();
});

/** Statements of each query of everything.graphql, by plans and by resolvers alike. Raise a number only with a reason. */
const queryBudgets: Readonly<Record<string, Cost>> = {
  approval: [2, 1],
  approvals: [3, 1],
  auditLog: [0, 2],
  auditLogs: [0, 3],
  message: [7, 1],
  messageFeedCursor: [3, 0],
  node: [23, 6],
  nodes: [39, 9],
  oauthClients: [0, 2],
  searchMessages: [10, 2],
  session: [18, 2],
  sessions: [19, 2],
  user: [11, 7],
  users: [11, 8],
  viewer: [11, 7],
};

const nodeVariables: Readonly<Record<string, Record<string, unknown>>> = {
  nodes: {
    ids: [
      ...['s-1', 's-2'].map((key) => globalIdOf('Session', key)),
      ...['m-1-1', 'm-2-2'].map((key) => globalIdOf('Message', key)),
      ...['m-1-2:1', 'm-2-2:1'].map((key) => globalIdOf('ToolCall', key)),
      ...['approval-1-1', 'approval-2-2'].map((key) => globalIdOf('Approval', key)),
      ...['event-1-1', 'event-2-2'].map((key) => globalIdOf('ChatEvent', key)),
      ...['anna', 'user-2'].map((key) => globalIdOf('User', key)),
      ...['audit-anna-1', 'audit-anna-2'].map((key) => globalIdOf('AuditLog', key)),
    ],
  },
  // A bare id is looked for in every type.
  node: { id: 's-1' },
};

it('asks everything of every query', () => {
  expect(validate(schema, everything)).toEqual([]);
  const queries = Object.keys(schema.getQueryType()?.getFields() ?? {}).sort();
  const operations = everything.definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION ? [definition.name?.value ?? ''] : [],
  );
  expect(operations.sort()).toEqual(queries);
  expect(Object.keys(queryBudgets).sort()).toEqual(queries);
});

// Behind row-level security every read has the frame of its transaction around it.
describe.skipIf(withRowSecurity)(
  `a query takes as many statements for ${many} rows at every level as for ${few}`,
  () => {
    it.each(Object.entries(queryBudgets))('%s: %j', async (name, budget) => {
      for (const counted of [small, large]) {
        expect(await costOf(counted, everything, name, nodeVariables[name], plans)).toEqual(budget);
        expect(await costOf(counted, everything, name, nodeVariables[name], resolvers)).toEqual(budget);
      }
    });
  },
);

/** The queries that pages of the product are made of, with what each may cost. */
const pageBudgets: readonly (readonly [string, string, Cost])[] = [
  [
    'the end of a session',
    '{ session(id: "s-1") { messages(last: 50) { nodes { id sequence role content createdAt } } } }',
    [1, 0],
  ],
  [
    'a sidebar with messages and their tool calls',
    '{ user(id: "anna") { sessions(first: 20) { nodes { title messages(last: 5) { nodes { content toolCalls { name result } } } } } } }',
    [4, 0],
  ],
  ['one message', '{ message(id: "m-1-1") { id content } }', [1, 0]],
  ['a trail', '{ user(id: "anna") { auditLogs(first: 50) { nodes { eventType createdAt } } } }', [0, 2]],
  ['a list without its total', '{ sessions { nodes { id } } }', [1, 0]],
  ['a list with its total', '{ sessions { totalCount nodes { id } } }', [2, 0]],
];

describe.skipIf(withRowSecurity)('a page of the product takes', () => {
  it.each(pageBudgets)('%s', async (_name, text, budget) => {
    for (const counted of [small, large]) expect(await costOf(counted, parse(text))).toEqual(budget);
  });

  it('no column that it does not ask for', async () => {
    await costOf(small, parse('{ sessions { nodes { title messages { nodes { id role } } } } }'));
    await costOf(small, parse('{ sessions { nodes { title } } }'));
    const texts = small.statements.agentRuntime.take().join();
    expect(texts).not.toMatch(/content|tool_calls|metadata/);
  });
});

const mutation = (budget: Cost, name: string, fields: string, selection: string) => ({
  name,
  budget,
  document: parse(`mutation { ${name}(input: { ${fields} }) { ${selection} } }`),
});

/** Statements of each mutation, BEGIN and COMMIT among them where it is more than one. */
const mutations = [
  mutation([6, 1], 'createSession', 'id: "0190a0c8-5a11-7000-8000-000000000001"', 'session { id owner { id } }'),
  mutation([5, 0], 'updateSession', 'sessionId: "s-1", title: "t"', 'session { id title }'),
  mutation([3, 0], 'sendMessage', 'sessionId: "s-1", content: "x"', 'message { id sequence } session { id }'),
  mutation([6, 0], 'editMessage', 'messageId: "m-1-1", content: "y"', 'message { content editedAt }'),
  mutation(
    [9, 0],
    'recordToolCall',
    'messageId: "m-1-2", name: "look"',
    'toolCall { id } message { toolCalls { id } }',
  ),
  mutation([9, 0], 'switchAgent', 'sessionId: "s-1", toAgent: "debug"', 'session { currentAgent } agentSwitch { id }'),
  mutation([7, 0], 'requestApproval', 'sessionId: "s-1", requestId: "r"', 'approval { id }'),
  mutation([8, 0], 'decideApproval', 'approvalId: "pending-1", decision: APPROVE', 'approval { status }'),
  mutation([8, 0], 'cancelApproval', 'approvalId: "pending-2"', 'approval { status }'),
  mutation([6, 0], 'trackEvent', 'sessionId: "s-1", eventType: "chat_opened"', 'event { id }'),
  mutation([0, 6], 'recordAuditLog', 'userId: "anna", eventType: "login_success"', 'auditLog { id }'),
  mutation([0, 6], 'revokeRefreshTokens', 'userId: "anna"', 'revokedCount'),
  mutation([0, 7], 'setUserActive', 'userId: "user-1", isActive: false', 'user { isActive }'),
  mutation([6, 0], 'closeSession', 'sessionId: "s-2"', 'session { status }'),
  mutation([6, 0], 'archiveSession', 'sessionId: "s-3"', 'session { status }'),
  mutation([7, 0], 'deleteSession', 'sessionId: "s-4"', 'deletedSessionId session { status }'),
];

describe.skipIf(withRowSecurity)('a mutation takes as many statements in a large session as in a small one', () => {
  it('every mutation is counted', () => {
    const names = Object.keys(schema.getMutationType()?.getFields() ?? {});
    expect(mutations.map(({ name }) => name).sort()).toEqual(names.sort());
  });

  it.each(mutations)('$name: $budget', async ({ document, budget }) => {
    for (const counted of [small, large]) expect(await costOf(counted, document)).toEqual(budget);
  });
});
