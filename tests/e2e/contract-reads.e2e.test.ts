import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, globalIdOf, pick } from '../support/ask.ts';
import { testDatabases, type TestDatabases } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { fillWorld, people } from '../support/world.ts';

const { anna, tess, adam, audrey } = people;
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

const session = (fields: string): string => `{ session(id: "trip-anna") { ${fields} } }`;
const message = (id: string, fields: string): string => `{ message(id: "${id}") { ${fields} } }`;

describe('a session', () => {
  it('has its columns, its owner from the other database, and what is counted of it', async () => {
    const answer = await ask(
      gateway,
      anna,
      session(`id title description status tenantId createdAt lastActivityAt closedAt expiresAt metadata messageCount currentAgent
        owner { id username email groups displayName isActive isVerified isAdmin }
        usage { sessionCount messageCount toolCallCount tokenCount lastActivityAt }`),
    );
    expect(answer).toEqual({
      data: {
        session: {
          id: globalIdOf('Session', 'trip-anna'),
          title: 'A trip to Kazan',
          description: null,
          status: 'ACTIVE',
          tenantId: 'default',
          createdAt: '2026-01-01T10:00:00.000Z',
          lastActivityAt: '2026-01-01T10:05:00.000Z',
          closedAt: null,
          expiresAt: null,
          metadata: { channel: 'web' },
          messageCount: 4,
          currentAgent: 'coder',
          owner: {
            id: globalIdOf('User', 'anna'),
            username: 'anna',
            email: 'anna@example.org',
            groups: ['writers', 'pilots'],
            displayName: 'Anna A.',
            isActive: true,
            isVerified: true,
            isAdmin: false,
          },
          usage: {
            sessionCount: 1,
            messageCount: 4,
            toolCallCount: 3,
            tokenCount: 46,
            lastActivityAt: '2026-01-01T10:05:00.000Z',
          },
        },
      },
    });
  });

  it('has its messages, agents, approvals and events in order', async () => {
    const answer = await ask(
      gateway,
      anna,
      session(`lastMessage { sequence content }
        messages { totalCount nodes { sequence role } }
        agentSwitches { totalCount nodes { id fromAgent toAgent reason switchedAt } }
        approvals { totalCount nodes { requestId status } }
        events { totalCount nodes { eventType data user { username } session { title } createdAt } }`),
    );
    expect(answer).toEqual({
      data: {
        session: {
          lastMessage: { sequence: 4, content: 'Рейсы в Казань найдены' },
          messages: {
            totalCount: 4,
            nodes: ['USER', 'ASSISTANT', 'TOOL', 'ASSISTANT'].map((role, index) => ({ sequence: index + 1, role })),
          },
          agentSwitches: {
            totalCount: 2,
            nodes: [
              {
                id: globalIdOf('AgentSwitch', 'switch-anna-1'),
                fromAgent: null,
                toAgent: 'orchestrator',
                reason: null,
                switchedAt: '2026-01-01T10:00:00.000Z',
              },
              {
                id: globalIdOf('AgentSwitch', 'switch-anna-2'),
                fromAgent: 'orchestrator',
                toAgent: 'coder',
                reason: 'needs code',
                switchedAt: '2026-01-01T10:02:00.000Z',
              },
            ],
          },
          approvals: {
            totalCount: 2,
            nodes: [
              { requestId: 'request-1', status: 'PENDING' },
              { requestId: 'request-2', status: 'APPROVED' },
            ],
          },
          events: {
            totalCount: 1,
            nodes: [
              {
                eventType: 'chat_opened',
                data: { page: '/' },
                user: { username: 'anna' },
                session: { title: 'A trip to Kazan' },
                createdAt: '2026-01-01T10:00:00.000Z',
              },
            ],
          },
        },
      },
    });
  });

  it.each([
    ['notes-anna', 'ACTIVE'],
    ['closed-anna', 'CLOSED'],
    ['archived-anna', 'ARCHIVED'],
  ])('%s is %s', async (id, status) => {
    const answer = await ask(gateway, anna, `{ session(id: "${id}") { status } }`);
    expect(answer).toEqual({ data: { session: { status } } });
  });
});

describe('a message', () => {
  it('has its columns, and malformed text of the service is data', async () => {
    const fields =
      'id sequence role content name toolCallId tokenCount model latencyMs metadata createdAt editedAt author { username } session { title }';
    const first = await ask(gateway, anna, message('trip-anna-1', fields));
    expect(first).toEqual({
      data: {
        message: {
          id: globalIdOf('Message', 'trip-anna-1'),
          sequence: 1,
          role: 'USER',
          content: 'Find flights to Kazan, please',
          name: null,
          toolCallId: null,
          tokenCount: 7,
          model: null,
          latencyMs: null,
          metadata: { lang: 'en' },
          createdAt: '2026-01-01T10:01:00.000Z',
          editedAt: null,
          author: { username: 'anna' },
          session: { title: 'A trip to Kazan' },
        },
      },
    });
    const last = await ask(
      gateway,
      anna,
      message('trip-anna-4', 'metadata author { username } toolCalls { arguments }'),
    );
    expect(last.errors).toBeUndefined();
    expect(last.data).toMatchObject({ message: { author: null, toolCalls: [{ arguments: 'not json' }] } });
    expect(pick(last, 'message.metadata') as object).toEqual(expect.any(Object));
  });

  it('has its tool calls with their results, from a TOOL message or from a record, and their approval', async () => {
    const fields =
      'toolCalls { id toolCallId name serverName arguments result error executionTimeMs createdAt message { sequence } approval { requestId subject } }';
    const answer = await ask(gateway, anna, message('trip-anna-2', `model latencyMs ${fields}`));
    expect(answer).toEqual({
      data: {
        message: {
          model: 'gpt-5',
          latencyMs: 840,
          toolCalls: [
            {
              id: globalIdOf('ToolCall', 'trip-anna-2:1'),
              toolCallId: 'call-1',
              name: 'find_flights',
              serverName: null,
              arguments: { to: 'KZN' },
              result: { flights: ['SU1'] },
              error: null,
              executionTimeMs: null,
              createdAt: '2026-01-01T10:01:00.000Z',
              message: { sequence: 2 },
              approval: null,
            },
            {
              id: globalIdOf('ToolCall', 'trip-anna-2:2'),
              toolCallId: 'call-2',
              name: 'book_hotel',
              serverName: 'hotels',
              arguments: { city: 'Kazan' },
              result: { booked: true },
              error: null,
              executionTimeMs: 120,
              createdAt: '2026-01-01T10:01:00.000Z',
              message: { sequence: 2 },
              approval: { requestId: 'request-1', subject: 'book_hotel' },
            },
          ],
        },
      },
    });
  });
});

describe('an approval', () => {
  it('has its columns, its session and who decided', async () => {
    const fields =
      'id requestType subject details arguments reason status createdAt expiresAt decidedAt decisionReason modifiedArguments decidedBy { username } session { title }';
    const answer = await ask(
      gateway,
      anna,
      `{ pending: approval(id: "approval-anna-1") { ${fields} } decided: approval(id: "approval-anna-2") { ${fields} } }`,
    );
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({
      pending: {
        id: globalIdOf('Approval', 'approval-anna-1'),
        requestType: 'tool',
        subject: 'book_hotel',
        details: { price: 100 },
        arguments: { city: 'Kazan' },
        reason: 'costs money',
        status: 'PENDING',
        createdAt: '2026-01-01T10:01:10.000Z',
        expiresAt: null,
        decidedAt: null,
        decisionReason: null,
        modifiedArguments: null,
        decidedBy: null,
        session: { title: 'A trip to Kazan' },
      },
      decided: expect.objectContaining({
        requestType: 'plan',
        subject: 'The plan',
        details: null,
        status: 'APPROVED',
        decidedAt: '2026-01-01T10:00:40.000Z',
        decisionReason: 'fine',
        decidedBy: { username: 'anna' },
      }) as unknown,
    });
  });
});

describe('a user', () => {
  it('has sessions, a trail, tokens without secrets, and usage', async () => {
    const answer = await ask(
      gateway,
      anna,
      `{ user(id: "anna") { sessions { totalCount nodes { title } } auditLogs { nodes { eventType } } usage { sessionCount messageCount tokenCount }
        refreshTokens { totalCount nodes { id scopes isActive revokedAt client { clientId name allowedScopes allowedGrantTypes isConfidential } } }
        active: refreshTokens(activeOnly: true) { totalCount nodes { id } } } }`,
    );
    const app = {
      clientId: 'codelab-flutter-app',
      name: 'App',
      allowedScopes: ['api:read', 'api:write'],
      allowedGrantTypes: ['password', 'refresh_token'],
      isConfidential: false,
    };
    const internal = expect.objectContaining({ clientId: 'codelab-internal', isConfidential: true }) as unknown;
    expect(answer).toEqual({
      data: {
        user: {
          sessions: {
            totalCount: 4,
            nodes: ['Archived', 'Closed', 'Notes', 'A trip to Kazan'].map((title) => ({ title })),
          },
          auditLogs: { nodes: [{ eventType: 'token_refresh' }, { eventType: 'login_success' }] },
          usage: { sessionCount: 4, messageCount: 4, tokenCount: 46 },
          refreshTokens: {
            totalCount: 3,
            nodes: [
              {
                id: globalIdOf('RefreshToken', 'token-anna-1'),
                scopes: ['api:read', 'api:write'],
                isActive: true,
                revokedAt: null,
                client: app,
              },
              {
                id: globalIdOf('RefreshToken', 'token-anna-2'),
                scopes: ['api:read'],
                isActive: false,
                revokedAt: expect.any(String) as unknown,
                client: app,
              },
              {
                id: globalIdOf('RefreshToken', 'token-anna-3'),
                scopes: ['api:read'],
                isActive: false,
                revokedAt: null,
                client: internal,
              },
            ],
          },
          active: { totalCount: 1, nodes: [{ id: globalIdOf('RefreshToken', 'token-anna-1') }] },
        },
      },
    });
  });

  it('is what the viewer speaks for', async () => {
    const fields =
      '{ viewer { scopes tenantId isAdmin user { username } usage { sessionCount messageCount toolCallCount } } }';
    expect(await ask(gateway, anna, fields)).toEqual({
      data: {
        viewer: {
          scopes: anna.scopes,
          tenantId: 'default',
          isAdmin: false,
          user: { username: 'anna' },
          usage: { sessionCount: 4, messageCount: 4, toolCallCount: 3 },
        },
      },
    });
    expect(await ask(gateway, 'internal', fields)).toMatchObject({
      data: { viewer: { isAdmin: true, user: null, usage: { sessionCount: 0, messageCount: 0 } } },
    });
  });
});

describe('the audit trail', () => {
  const trail = '{ auditLogs { totalCount nodes { id } } }';
  const ids = (...keys: string[]) => ({
    data: { auditLogs: { totalCount: keys.length, nodes: keys.map((key) => ({ id: globalIdOf('AuditLog', key) })) } },
  });

  it('is newest first and as long as the viewer may see', async () => {
    expect(await ask(gateway, anna, trail)).toEqual(ids('audit-anna-2', 'audit-anna-1'));
    const all = pick(await ask(gateway, audrey, trail), 'auditLogs.nodes') as { id: string }[];
    expect(all.map(({ id }) => id).sort()).toEqual(
      ['audit-anna-1', 'audit-anna-2', 'audit-boris'].map((key) => globalIdOf('AuditLog', key)).sort(),
    );
    expect(pick(await ask(gateway, adam, trail), 'auditLogs.totalCount')).toBe(5);
  });

  it('has entries with all their columns', async () => {
    const answer = await ask(
      gateway,
      anna,
      '{ auditLog(id: "audit-anna-1") { user { username } clientId eventType eventData ipAddress userAgent success errorMessage } }',
    );
    expect(answer).toEqual({
      data: {
        auditLog: {
          user: { username: 'anna' },
          clientId: 'codelab-flutter-app',
          eventType: 'login_success',
          eventData: { method: 'password' },
          ipAddress: '192.0.2.1',
          userAgent: 'curl/8',
          success: true,
          errorMessage: null,
        },
      },
    });
  });
});

describe('the search', () => {
  const search = `query ($query: String!, $filter: MessageSearchFilter) { searchMessages(query: $query, filter: $filter) {
    totalCount nodes { id } edges { cursor snippet rank node { id content session { title } } } } }`;
  const found = async (
    query: string,
    asker: Parameters<typeof ask>[1] = anna,
    filter: object | null = null,
  ): Promise<string[]> => {
    const nodes = pick(await ask(gateway, asker, search, { query, filter }), 'searchMessages.nodes') as {
      id: string;
    }[];
    return nodes.map(({ id }) => Buffer.from(id, 'base64url').toString().slice('Message:'.length)).sort();
  };

  it.each([
    ['an English word in another form', 'flight', ['trip-anna-1', 'trip-anna-3']],
    ['a Russian word in another form', 'рейс', ['trip-anna-4']],
    ['a phrase', '"flights to Kazan"', ['trip-anna-1']],
    ['without a word', 'flights -please', ['trip-anna-3']],
    ['either of two', 'flights or казань', ['trip-anna-1', 'trip-anna-3', 'trip-anna-4']],
    ['nothing to search for', '', []],
    ['signs only', `'"()&|!:*\\ <->`, []],
  ])('finds %s', async (_what, query, ids) => {
    expect(await found(query)).toEqual(ids);
  });

  it('shows the passage, escaped and marked', async () => {
    const answer = await ask(gateway, anna, search, { query: 'kazan' });
    expect(pick(answer, 'searchMessages.edges.0')).toMatchObject({
      snippet: 'Find flights to <mark>Kazan</mark>, please',
      node: { session: { title: 'A trip to Kazan' } },
    });
    expect(pick(answer, 'searchMessages.edges.0.rank') as number).toBeGreaterThan(0);
  });

  it('looks where the viewer may read and the filter says', async () => {
    expect(await found('kazan', tess)).toEqual(['trip-anna-1', 'work-boris-1']);
    expect(await found('kazan', adam)).toEqual(['plan-carla-1', 'trip-anna-1', 'unowned-1', 'work-boris-1']);
    expect(await found('kazan', adam, { ownerId: 'boris' })).toEqual(['work-boris-1']);
    expect(await found('kazan', adam, { sessionIds: ['unowned', globalIdOf('Session', 'plan-carla')] })).toEqual([
      'plan-carla-1',
      'unowned-1',
    ]);
    expect(await found('казань or kazan', anna, { role: ['ASSISTANT'] })).toEqual(['trip-anna-4']);
    expect(
      await found('kazan', adam, { createdAfter: '2026-01-04T00:00:00Z', createdBefore: '2026-01-05T00:00:00Z' }),
    ).toEqual(['plan-carla-1']);
  });
});

describe('node and nodes', () => {
  const kinds = {
    Session: 'trip-anna',
    Message: 'trip-anna-2',
    ToolCall: 'trip-anna-2:2',
    AgentSwitch: 'switch-anna-2',
    Approval: 'approval-anna-1',
    ChatEvent: 'event-anna-2',
    User: 'anna',
    AuditLog: 'audit-anna-1',
    RefreshToken: 'token-anna-1',
    OAuthClient: 'client-app',
  };

  it('find a row of every type by its global id, and by its bare id', async () => {
    const ids = Object.entries(kinds).map(([type, key]) => globalIdOf(type, key));
    const expected = Object.keys(kinds).map((type, index) => ({ __typename: type, id: ids[index] }));
    const nodes = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }';
    expect(await ask(gateway, anna, nodes, { ids })).toEqual({ data: { nodes: expected } });
    const bare = Object.entries(kinds).filter(([type]) => type !== 'ToolCall');
    expect(await ask(gateway, anna, nodes, { ids: bare.map(([, key]) => key) })).toEqual({
      data: { nodes: expected.filter(({ __typename }) => __typename !== 'ToolCall') },
    });
  });

  it('give each type its own selection', async () => {
    const answer = await ask(
      gateway,
      anna,
      `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Session { title } ...call ... on User { username } } } fragment call on ToolCall { name }`,
      {
        ids: [
          globalIdOf('User', 'anna'),
          'no-such-id',
          globalIdOf('ToolCall', kinds.ToolCall),
          globalIdOf('Session', 'trip-anna'),
        ],
      },
    );
    expect(answer).toEqual({
      data: { nodes: [{ username: 'anna' }, null, { name: 'book_hotel' }, { title: 'A trip to Kazan' }] },
    });
  });
});

describe('the lists', () => {
  it.each([
    [
      '{ users { nodes { username } } }',
      tess,
      'users.nodes',
      ['adam', 'anna', 'audrey', 'boris', 'tess'].map((username) => ({ username })),
    ],
    [
      '{ users(filter: { search: "EXAMPLE.org", isAdmin: true }) { nodes { username } } }',
      adam,
      'users.nodes',
      [{ username: 'adam' }],
    ],
    ['{ users(filter: { tenantId: "acme" }) { nodes { username } } }', adam, 'users.nodes', [{ username: 'carla' }]],
    ['{ users(filter: { isActive: false }) { totalCount } }', adam, 'users.totalCount', 0],
    ['{ users(filter: { search: "anna anna" }) { totalCount } }', adam, 'users.totalCount', 0],
    [
      '{ sessions(filter: { tenantId: "default", titleContains: "old service" }) { nodes { tenantId } } }',
      adam,
      'sessions.nodes',
      [{ tenantId: 'default' }],
    ],
    [
      '{ oauthClients { totalCount nodes { clientId } } }',
      adam,
      'oauthClients',
      { totalCount: 2, nodes: [{ clientId: 'codelab-flutter-app' }, { clientId: 'codelab-internal' }] },
    ],
    [
      '{ approvals { nodes { requestId } } }',
      tess,
      'approvals.nodes',
      ['request-3', 'request-1', 'request-2'].map((requestId) => ({ requestId })),
    ],
    ['{ approvals(filter: { status: [APPROVED, REJECTED] }) { totalCount } }', adam, 'approvals.totalCount', 2],
    [
      '{ approvals(filter: { requestType: "plan" }) { nodes { requestId } } }',
      adam,
      'approvals.nodes',
      [{ requestId: 'request-2' }],
    ],
    [
      '{ approvals(filter: { sessionId: "plan-carla" }) { nodes { requestId } } }',
      adam,
      'approvals.nodes',
      [{ requestId: 'request-4' }],
    ],
    [
      '{ auditLogs(filter: { eventType: ["login_failed"], success: false }) { totalCount } }',
      adam,
      'auditLogs.totalCount',
      2,
    ],
    [
      '{ auditLogs(filter: { userId: "anna", clientId: "codelab-flutter-app" }) { totalCount } }',
      adam,
      'auditLogs.totalCount',
      1,
    ],
    [
      '{ session(id: "trip-anna") { messages(filter: { role: [TOOL] }) { totalCount nodes { sequence } } } }',
      anna,
      'session.messages',
      { totalCount: 1, nodes: [{ sequence: 3 }] },
    ],
    [
      '{ session(id: "trip-anna") { messages(filter: { createdAfter: "2026-01-01T10:01:20Z", createdBefore: "2026-01-01T10:02:00Z" }) { nodes { sequence } } } }',
      anna,
      'session.messages.nodes',
      [{ sequence: 3 }],
    ],
    [
      '{ session(id: "trip-anna") { approvals(filter: { status: [PENDING] }) { nodes { requestId } } } }',
      anna,
      'session.approvals.nodes',
      [{ requestId: 'request-1' }],
    ],
  ])('%s', async (query, asker, path, expected) => {
    expect(pick(await ask(gateway, asker, query), path)).toEqual(expected);
  });

  it.each([
    ['newest activity first', '', ['archived-anna', 'closed-anna', 'notes-anna', 'trip-anna']],
    [
      'by title',
      'orderBy: { field: TITLE, direction: ASC }',
      ['trip-anna', 'archived-anna', 'closed-anna', 'notes-anna'],
    ],
    [
      'by creation',
      'orderBy: { field: CREATED_AT, direction: ASC }',
      ['trip-anna', 'notes-anna', 'closed-anna', 'archived-anna'],
    ],
    ['of a status', 'filter: { status: [CLOSED, ARCHIVED] }', ['archived-anna', 'closed-anna']],
    ['of a part of the title', 'filter: { titleContains: "KAZ" }', ['trip-anna']],
    [
      'created in a time',
      'filter: { createdAfter: "2026-01-02T10:00:00Z", createdBefore: "2026-01-06T10:00:00Z" }',
      ['notes-anna'],
    ],
    [
      'active in a time',
      'filter: { activeAfter: "2026-01-01T10:05:00.000Z", activeBefore: "2026-01-02T00:00:00Z" }',
      ['trip-anna'],
    ],
    ['of an owner', 'filter: { ownerId: "boris" }', []],
    ['deleted ones, not even when asked for', 'filter: { status: [DELETED] }', []],
  ])('sessions %s', async (_what, listArguments, expected) => {
    const nodes = pick(
      await ask(gateway, anna, `{ sessions${listArguments === '' ? '' : `(${listArguments})`} { nodes { id } } }`),
      'sessions.nodes',
    ) as { id: string }[];
    expect(nodes.map(({ id }) => id)).toEqual(expected.map((id) => globalIdOf('Session', id)));
  });

  it('show deleted sessions to administrators who ask for them', async () => {
    const answer = await ask(
      gateway,
      adam,
      '{ sessions(filter: { status: [DELETED] }) { nodes { title status } } all: sessions { totalCount } }',
    );
    expect(answer).toEqual({
      data: { sessions: { nodes: [{ title: 'Deleted', status: 'DELETED' }] }, all: { totalCount: 7 } },
    });
  });
});

describe('JSON that other services nested thousands deep', () => {
  it('is data: cut where it cannot be written, and what stands beside it comes as ever', async () => {
    const deep = '['.repeat(20_000) + ']'.repeat(20_000);
    await test.service.agentRuntime.query(
      `INSERT INTO pending_approvals (id, request_id, session_id, details, arguments) VALUES ('deep', 'deep', 'notes-anna', $1, '{"a":[1]}')`,
      [deep],
    );
    const answer = await ask(
      gateway,
      anna,
      '{ session(id: "notes-anna") { title approvals { nodes { details arguments } } } }',
    );
    const [approval] = pick(answer, 'session.approvals.nodes') as { details: unknown; arguments: unknown }[];
    expect(approval?.arguments).toEqual({ a: [1] });
    expect(JSON.stringify(approval?.details)).toContain('nested too deeply');
    await test.service.agentRuntime.query(`DELETE FROM pending_approvals WHERE id = 'deep'`);
  });
});

it('lists of names have no empty ones, whatever a service has written', async () => {
  const { auth } = test.service;
  await auth.query(`UPDATE users SET groups = '{NULL,pilots}' WHERE id = 'boris'`);
  await auth.query(`UPDATE oauth_clients SET allowed_scopes = ' api:read  api:write ' WHERE id = 'client-app'`);
  const answer = await ask(
    gateway,
    adam,
    '{ users(filter: { search: "boris" }) { nodes { groups } } oauthClients(first: 1) { nodes { allowedScopes } } }',
  );
  expect(pick(answer, 'users.nodes')).toEqual([{ groups: ['pilots'] }]);
  expect(pick(answer, 'oauthClients.nodes')).toEqual([{ allowedScopes: ['api:read', 'api:write'] }]);
});
