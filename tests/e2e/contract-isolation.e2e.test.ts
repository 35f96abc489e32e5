import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, globalIdOf, pick, type Asker } from '../support/ask.ts';
import { testDatabases, type TestDatabases } from '../support/databases.ts';
import { startTestGateway, type GraphQLAnswer, type TestGateway } from '../support/gateway.ts';
import { fillWorld, people } from '../support/world.ts';

const { anna, boris, carla, tess, adam, audrey } = people;
let test: TestDatabases;
let gateway: TestGateway;

beforeAll(async () => {
  test = await testDatabases();
  await fillWorld(test);
  gateway = await startTestGateway(test);
});
afterAll(async () => {
  await gateway.stop();
  await test.close();
});

const ofSession = `id title owner { id username } lastMessage { id content } messages { totalCount nodes { id content author { id } toolCalls { id } } }
  agentSwitches { nodes { id } } approvals { nodes { id decidedBy { id } } } events { nodes { id user { id } } } usage { messageCount }`;
const ofUser = `id username email sessions { totalCount nodes { id } } auditLogs { nodes { id user { id } } } refreshTokens { nodes { id } } usage { sessionCount messageCount }`;

/** Every way to rows, with everything that hangs on them. */
const everyList = [
  `{ viewer { user { ${ofUser} } usage { sessionCount } } }`,
  `{ sessions { totalCount nodes { ${ofSession} } } }`,
  `{ sessions(filter: { status: [ACTIVE, CLOSED, ARCHIVED, DELETED] }) { totalCount nodes { ${ofSession} } } }`,
  `{ sessions(filter: { tenantId: "acme" }) { totalCount nodes { ${ofSession} } } }`,
  '{ searchMessages(query: "kazan") { totalCount edges { snippet node { id session { id } } } } }',
  '{ searchMessages(query: "kazan", filter: { sessionIds: ["work-boris", "plan-carla", "unowned", "deleted-anna"] }) { totalCount nodes { id } } }',
  '{ approvals { totalCount nodes { id session { id } decidedBy { id } } } }',
  `{ users { totalCount nodes { ${ofUser} } } }`,
  '{ auditLogs { totalCount nodes { id user { id } } } }',
  ...['userId: "anna"', 'userId: "boris"', 'userId: "carla"'].map(
    (filter) => `{ auditLogs(filter: { ${filter} }) { totalCount nodes { id } } }`,
  ),
  ...['anna', 'boris', 'carla'].map((id) => `{ user(id: "${id}") { ${ofUser} } }`),
];

const everyId = [
  ...['trip-anna', 'deleted-anna', 'work-boris', 'plan-carla', 'unowned'].map((id) => globalIdOf('Session', id)),
  ...['trip-anna-1', 'deleted-anna-1', 'work-boris-1', 'plan-carla-1', 'unowned-1'].map((id) =>
    globalIdOf('Message', id),
  ),
  ...['trip-anna-2:1', 'plan-carla-1:usage:usage-carla'].map((id) => globalIdOf('ToolCall', id)),
  ...['switch-anna-1', 'switch-carla'].map((id) => globalIdOf('AgentSwitch', id)),
  ...['approval-anna-1', 'approval-boris', 'approval-carla'].map((id) => globalIdOf('Approval', id)),
  ...['event-anna-1', 'event-anna-2', 'event-carla'].map((id) => globalIdOf('ChatEvent', id)),
  ...['anna', 'boris', 'carla', 'tess', 'adam'].map((id) => globalIdOf('User', id)),
  ...['audit-anna-1', 'audit-boris', 'audit-carla', 'audit-nobody'].map((id) => globalIdOf('AuditLog', id)),
  ...['token-anna-1', 'token-boris', 'token-carla'].map((id) => globalIdOf('RefreshToken', id)),
];

/** The answer's data with its ids in clear. */
const inClear = ({ data }: GraphQLAnswer): string =>
  JSON.stringify(data, (key, value: unknown) =>
    key === 'id' && typeof value === 'string' ? Buffer.from(value, 'base64url').toString() : value,
  );

async function everythingFor(asker: Asker): Promise<string> {
  const answers = await Promise.all(everyList.map((query) => ask(gateway, asker, query)));
  answers.push(await ask(gateway, asker, 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: everyId }));
  return answers.map(inClear).join('\n');
}

describe('on every path', () => {
  it.each([
    [
      'a user',
      anna,
      ['trip-anna', 'approval-anna', 'audit-anna-1', 'token-anna-1'],
      /boris|carla|acme|unowned|nobody|deleted|tess|adam|secret/i,
    ],
    [
      'a user of another tenant',
      carla,
      ['plan-carla', 'token-carla', 'usage-carla'],
      /anna|boris|unowned|nobody|tess|adam|secret/i,
    ],
    [
      'a tenant administrator',
      tess,
      ['trip-anna', 'work-boris', 'token-boris', 'anna@example.org'],
      /carla|acme|unowned|nobody|deleted|audit-/i,
    ],
    [
      'an auditor',
      audrey,
      ['audit-anna-1', 'audit-boris', 'anna@example.org'],
      /carla|acme|unowned|nobody|trip-|work-|notes-|approval-|token-|event-|switch-/i,
    ],
    [
      'a stranger of the same name in another tenant',
      { ...anna, tenantId: 'acme' },
      ['"viewer"'],
      /trip-|carla|boris|Session:|Message:|User:|AuditLog:/i,
    ],
    ['somebody who is in no table', { userId: 'ghost' }, ['"viewer"'], /anna|boris|carla|unowned|Session:|User:/i],
  ])('%s sees what is theirs and nothing else', async (_who, asker, seen, hidden) => {
    const text = await everythingFor(asker);
    for (const part of seen) expect(text).toContain(part);
    expect(text.match(hidden)?.[0]).toBeUndefined();
  });

  it.each([
    ['an administrator', adam],
    ['an internal service', 'internal' as const],
  ])('%s sees all of it', async (_who, asker) => {
    const text = await everythingFor(asker);
    for (const id of everyId) expect(text).toContain(Buffer.from(id, 'base64url').toString());
  });
});

describe('counts and sums', () => {
  const counts = `{ sessions { totalCount } approvals { totalCount } users { totalCount } auditLogs { totalCount } searchMessages(query: "kazan") { totalCount } }`;
  const countsOf = async (asker: Asker): Promise<number[]> => {
    const answer = await ask(gateway, asker, counts);
    return ['sessions', 'approvals', 'users', 'auditLogs', 'searchMessages'].map(
      (field) => pick(answer, `${field}.totalCount`) as number,
    );
  };

  it('count what the viewer may see', async () => {
    expect(await countsOf(anna)).toEqual([4, 2, 1, 2, 1]);
    expect(await countsOf(boris)).toEqual([1, 1, 1, 1, 1]);
    expect(await countsOf(carla)).toEqual([1, 1, 1, 1, 1]);
    expect(await countsOf(tess)).toEqual([5, 3, 5, 0, 2]);
    expect(await countsOf(adam)).toEqual([7, 4, 6, 5, 4]);
  });

  it("sum somebody's usage as far as the viewer may see it", async () => {
    const usage = '{ user(id: "anna") { usage { sessionCount messageCount } sessions { totalCount } } }';
    await test.service.agentRuntime.query(
      `INSERT INTO sessions (id, title, user_id, tenant_id) VALUES ('elsewhere-anna', 'Elsewhere', 'anna', 'acme')`,
    );
    const withoutElsewhere = { usage: { sessionCount: 4, messageCount: 4 }, sessions: { totalCount: 4 } };
    expect(await ask(gateway, anna, usage)).toEqual({ data: { user: withoutElsewhere } });
    expect(await ask(gateway, tess, usage)).toEqual({ data: { user: withoutElsewhere } });
    expect(await ask(gateway, audrey, usage)).toEqual({
      data: { user: { usage: { sessionCount: 0, messageCount: 0 }, sessions: { totalCount: 0 } } },
    });
    expect(await ask(gateway, adam, usage)).toEqual({
      data: { user: { usage: { sessionCount: 5, messageCount: 4 }, sessions: { totalCount: 5 } } },
    });
    await test.service.agentRuntime.query(`DELETE FROM sessions WHERE id = 'elsewhere-anna'`);
  });
});

describe('what is not in the schema', () => {
  it('are hashes, secrets and keys', async () => {
    const answer = await ask(gateway, adam, '{ __schema { types { name fields { name } inputFields { name } } } }');
    expect(JSON.stringify(answer.data)).not.toMatch(/hash|secret|password|jti/i);
  });
});
