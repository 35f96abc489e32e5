import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agentRuntimeDefinition, authDefinition } from '../../src/databases/definitions.ts';
import { Database } from '../../src/databases/database.ts';
import { silentLog } from '../../src/shared/log.ts';
import { ask, codesOf, pick } from '../support/ask.ts';
import { collect } from '../support/collect.ts';
import { testDatabases, type TestDatabases } from '../support/databases.ts';
import { faultyRoad, type FaultyRoad } from '../support/faulty-road.ts';
import { startTestGateway, type GraphQLAnswer, type TestGateway } from '../support/gateway.ts';
import { mutations } from '../support/operations.ts';
import { fillWorld, people } from '../support/world.ts';

const { anna, adam } = people;
type Name = 'agentRuntime' | 'auth';
const definitions = { agentRuntime: agentRuntimeDefinition, auth: authDefinition };

let test: TestDatabases;
let gateway: TestGateway;
let roads: Record<Name, FaultyRoad>;
let behindRoads: TestDatabases;

/** The same databases, reached by roads that can be cut. */
async function onFaultyRoads(): Promise<void> {
  const cutRoad = (name: Name): Promise<FaultyRoad> => faultyRoad(test.roads[name].gateway);
  roads = { agentRuntime: await cutRoad('agentRuntime'), auth: await cutRoad('auth') };
  const configOf = (name: Name) => ({ ...test.roads[name].gateway, host: '127.0.0.1', port: roads[name].port });
  const open = (name: Name): Database => Database.open(definitions[name], configOf(name), silentLog());
  behindRoads = {
    ...test,
    databases: { agentRuntime: open('agentRuntime'), auth: open('auth') },
    roads: {
      agentRuntime: { ...test.roads.agentRuntime, gateway: configOf('agentRuntime') },
      auth: { ...test.roads.auth, gateway: configOf('auth') },
    },
  };
}

beforeEach(async () => {
  test = await testDatabases();
  await fillWorld(test);
  await onFaultyRoads();
  gateway = await startTestGateway(behindRoads);
});
afterEach(async () => {
  await gateway.stop();
  await Promise.all([behindRoads.databases.agentRuntime.close(), behindRoads.databases.auth.close()]);
  await Promise.all([roads.agentRuntime.close(), roads.auth.close()]);
  await test.close();
});

const ready = async (): Promise<[number, unknown]> => {
  const response = await fetch(gateway.url.replace('/graphql', '/readyz'));
  return [response.status, await response.json()];
};
const readyWith = (agentRuntime: boolean, auth: boolean): object => ({
  ready: agentRuntime || auth,
  databases: { agent_runtime: { reachable: agentRuntime }, auth_db: { reachable: auth } },
});

/** The errors' fields, each of which must say that it is worth trying again. */
function unavailableFields(answer: GraphQLAnswer): string[] {
  for (const error of answer.errors ?? []) {
    expect(error.extensions).toEqual({ code: 'UNAVAILABLE', retryAfterMs: expect.any(Number) as unknown });
    expect(error.message).not.toMatch(/ECONN|127\.0\.0\.1|password|scrollback_gateway/);
  }
  return (answer.errors ?? []).map(({ path }) => (path ?? []).join('.')).sort();
}

const acrossBoth = `{ session(id: "trip-anna") { title owner { username } messages(first: 1) { nodes { content author { username } } } approvals { nodes { requestId decidedBy { username } } } } }`;

describe('while auth_db is down', () => {
  it('everything of agent_runtime answers, and what is over there says so on its own field', async () => {
    await ask(gateway, anna, acrossBoth);
    roads.auth.cut();
    const answer = await ask(gateway, anna, acrossBoth);
    expect(unavailableFields(answer)).toEqual([
      'session.approvals.nodes.1.decidedBy',
      'session.messages.nodes.0.author',
      'session.owner',
    ]);
    expect(answer.data).toEqual({
      session: {
        title: 'A trip to Kazan',
        owner: null,
        messages: { nodes: [{ content: 'Find flights to Kazan, please', author: null }] },
        approvals: {
          nodes: [
            { requestId: 'request-1', decidedBy: null },
            { requestId: 'request-2', decidedBy: null },
          ],
        },
      },
    });
    expect(await ready()).toMatchObject([200, readyWith(true, false)]);
  });

  it('messages are sent, and the audit trail is told when it is back', async () => {
    roads.auth.cut();
    const sent = await ask(
      gateway,
      anna,
      'mutation { sendMessage(input: { sessionId: "trip-anna", content: "still here" }) { message { sequence } } }',
    );
    expect(pick(sent, 'sendMessage.message.sequence')).toBe(5);
    const decided = await ask(
      gateway,
      anna,
      'mutation { decideApproval(input: { approvalId: "approval-anna-1", decision: APPROVE }) { approval { status decidedBy { username } } } }',
    );
    expect(unavailableFields(decided)).toEqual(['decideApproval.approval.decidedBy']);
    expect(decided.data).toEqual({ decideApproval: { approval: { status: 'APPROVED', decidedBy: null } } });
    roads.auth.mend();
    const entries =
      '{ auditLogs(filter: { eventType: ["approval_decided"] }) { nodes { user { username } eventData } } }';
    await expect
      .poll(async () => pick(await ask(gateway, anna, entries), 'auditLogs.nodes') as unknown[], { timeout: 10_000 })
      .toMatchObject([
        { user: { username: 'anna' }, eventData: { approvalId: 'approval-anna-1', decision: 'APPROVE' } },
      ]);
    expect(await ready()).toMatchObject([200, readyWith(true, true)]);
  });

  it('a database that takes no connections is as good as down', async () => {
    const { agentRuntime } = test.service;
    await agentRuntime.query(`ALTER DATABASE ${test.roads.auth.gateway.database} ALLOW_CONNECTIONS false`);
    roads.auth.cut();
    roads.auth.mend();
    expect(unavailableFields(await ask(gateway, adam, '{ users { totalCount } }'))).toEqual(['users']);
    expect(await ready()).toMatchObject([200, readyWith(true, false)]);
  });

  it('lists over there are UNAVAILABLE', async () => {
    roads.auth.cut();
    for (const list of ['users', 'auditLogs', 'oauthClients'])
      expect(unavailableFields(await ask(gateway, adam, `{ ${list} { totalCount } }`))).toEqual([list]);
  });
});

describe('while agent_runtime is down', () => {
  it('users and their trails answer, and what is over there says so on its own field', async () => {
    roads.agentRuntime.cut();
    const answer = await ask(
      gateway,
      anna,
      '{ viewer { tenantId user { username } } user(id: "anna") { auditLogs { totalCount } } session(id: "trip-anna") { title } }',
    );
    expect(unavailableFields(answer)).toEqual(['session']);
    expect(answer.data).toEqual({
      viewer: { tenantId: 'default', user: { username: 'anna' } },
      user: { auditLogs: { totalCount: 2 } },
      session: null,
    });
    expect(await ready()).toMatchObject([200, readyWith(false, true)]);
  });

  it('a mutation says so and changes nothing', async () => {
    roads.agentRuntime.cut();
    const send =
      'mutation { sendMessage(input: { sessionId: "trip-anna", content: "lost?", clientMessageId: "c-1" }) { wasDuplicate message { sequence } } }';
    expect(unavailableFields(await ask(gateway, anna, send))).toEqual(['sendMessage']);
    roads.agentRuntime.mend();
    expect(await ask(gateway, anna, send)).toEqual({
      data: { sendMessage: { wasDuplicate: false, message: { sequence: 5 } } },
    });
  });
});

it('is not ready while both are down, and alive all the same', async () => {
  roads.auth.cut();
  roads.agentRuntime.cut();
  expect(await ready()).toMatchObject([503, readyWith(false, false)]);
  expect((await fetch(gateway.url.replace('/graphql', '/livez'))).status).toBe(200);
  expect(unavailableFields(await ask(gateway, anna, '{ session(id: "trip-anna") { title } }'))).toEqual(['session']);
});

describe('an error of ours', () => {
  const canaries = /message_details|pending_|chat_events|relation|does not exist|select|postgres|stack|\.[tj]s\b/i;
  function checkMasked(answer: GraphQLAnswer, path: string): void {
    expect(answer.errors).toMatchObject([{ path: path.split('.') }]);
    expect(answer.errors?.[0]?.extensions).toEqual({
      code: 'INTERNAL_SERVER_ERROR',
      incidentId: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown,
    });
    expect(JSON.stringify(answer)).not.toMatch(canaries);
  }

  it('is masked in a query, and the rest of the answer is there', async () => {
    await test.service.agentRuntime.query('ALTER TABLE scrollback.message_details DROP COLUMN model');
    const answer = await ask(
      gateway,
      anna,
      '{ broken: message(id: "trip-anna-1") { model } whole: message(id: "trip-anna-1") { sequence } }',
    );
    checkMasked(answer, 'broken');
    expect(answer.data).toEqual({ broken: null, whole: { sequence: 1 } });
  });

  it('is masked in a mutation', async () => {
    await test.service.agentRuntime.query('DROP TABLE public.pending_approvals CASCADE');
    const { document, variables } = mutations.find(
      ({ name }) => name === 'decideApproval',
    ) as (typeof mutations)[number];
    const answer = await ask(gateway, anna, document, variables('approval-anna-1'));
    checkMasked(answer, 'decideApproval');
    expect(answer.data).toBeNull();
  });

  it('is masked over a websocket', async () => {
    await test.service.agentRuntime.query('ALTER TABLE scrollback.message_details DROP COLUMN model');
    const client = await gateway.connect(anna);
    const after = pick(
      await ask(gateway, anna, '{ session(id: "trip-anna") { messages(first: 1) { pageInfo { endCursor } } } }'),
      'session.messages.pageInfo.endCursor',
    ) as string;
    const got = collect(
      client,
      'subscription ($after: String) { messageAdded(sessionId: "trip-anna", after: $after) { node { model } } }',
      { after },
      () => null,
    );
    await got.ended;
    expect(got.errors).toMatchObject([
      { extensions: { code: 'INTERNAL_SERVER_ERROR', incidentId: expect.any(String) as unknown } },
    ]);
    expect(JSON.stringify(got.errors)).not.toMatch(canaries);
    await client.dispose();
  });

  it('has an incident of its own each time', async () => {
    await test.service.agentRuntime.query('DROP TABLE scrollback.chat_events');
    const answer = await ask(
      gateway,
      anna,
      '{ a: session(id: "trip-anna") { events { nodes { id } } } b: session(id: "trip-anna") { events { nodes { id } } } }',
    );
    expect(codesOf(answer)).toEqual(['INTERNAL_SERVER_ERROR', 'INTERNAL_SERVER_ERROR']);
    expect(JSON.stringify(answer)).not.toMatch(canaries);
  });
});
