import { buildClientSchema, getIntrospectionQuery, type IntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, codesOf, globalIdOf } from '../support/ask.ts';
import { testDatabases, type TestDatabases } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { mutations, nodeQueries, queries, type IdType, type Operation } from '../support/operations.ts';
import { fillWorld, people } from '../support/world.ts';

const { anna, adam, tess } = people;
/** Rows of anna, of another user of her tenant, and of a user of another tenant. */
const own: Record<IdType, string> = {
  Session: 'trip-anna',
  Message: 'trip-anna-1',
  Approval: 'approval-anna-1',
  User: 'anna',
  AuditLog: 'audit-anna-1',
};
const boris: Record<IdType, string> = {
  Session: 'work-boris',
  Message: 'work-boris-1',
  Approval: 'approval-boris',
  User: 'boris',
  AuditLog: 'audit-boris',
};
const carla: Record<IdType, string> = {
  Session: 'plan-carla',
  Message: 'plan-carla-1',
  Approval: 'approval-carla',
  User: 'carla',
  AuditLog: 'audit-carla',
};

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

const operations = [...queries, ...nodeQueries, ...mutations];
const aboutRows = [...queries, ...mutations].filter(({ idType }) => idType !== null);
const idOf = ({ idType }: Operation, ids: Record<IdType, string>): string =>
  idType === null ? 'trip-anna' : ids[idType];

it('knows every operation of the schema', async () => {
  const { data } = await gateway.query(adam, getIntrospectionQuery());
  const schema = buildClientSchema(data as unknown as IntrospectionQuery);
  const roots = [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
    Object.keys(type?.getFields() ?? {}),
  );
  expect(operations.map(({ name }) => name).sort()).toEqual(roots.filter((name) => name !== 'viewer').sort());
});

describe('without a token', () => {
  it.each([...operations, { name: 'viewer', document: '{ viewer { tenantId } }', variables: () => ({}) }])(
    '$name is UNAUTHENTICATED',
    async ({ document, variables }) => {
      const answer = await ask(gateway, null, document, variables('trip-anna'));
      expect(codesOf(answer)).toEqual(['UNAUTHENTICATED']);
      expect(answer.data ?? null).toBeOneOf([null, { node: null }, ...queries.map(({ name }) => ({ [name]: null }))]);
    },
  );
});

describe('with too little scope', () => {
  it.each(operations)('$name is FORBIDDEN', async (operation) => {
    const answer = await ask(
      gateway,
      { userId: 'anna', scopes: operation.tooLittle },
      operation.document,
      operation.variables(idOf(operation, own)),
    );
    expect(codesOf(answer)).toEqual(['FORBIDDEN']);
  });

  it('with no scope at all only says who one is', async () => {
    expect(await ask(gateway, { userId: 'anna', scopes: [] }, '{ viewer { scopes } }')).toEqual({
      data: { viewer: { scopes: [] } },
    });
  });
});

describe('an id of nothing', () => {
  it.each(aboutRows.filter((operation) => queries.includes(operation)))(
    '$name answers null',
    async ({ name, document, variables }) => {
      for (const id of ['no-such-id', '', 'x'.repeat(5000), 'snow ☃ man', "'; DROP TABLE sessions; --"]) {
        expect(await ask(gateway, anna, document, variables(id))).toEqual({ data: { [name]: null } });
      }
    },
  );

  it.each(aboutRows.filter((operation) => mutations.includes(operation)))(
    '$name answers NOT_FOUND',
    async ({ name, document, variables }) => {
      const asker = name === 'setUserActive' ? tess : anna;
      for (const id of ['no-such-id', '', 'x'.repeat(5000), "'; DROP TABLE sessions; --", 'nul \u0000']) {
        expect(codesOf(await ask(gateway, asker, document, variables(id)))).toEqual(['NOT_FOUND']);
      }
    },
  );

  it('is null in node and nodes, whatever it is', async () => {
    const ids = [
      '',
      'no-such-id',
      globalIdOf('Session', 'no-such-id'),
      globalIdOf('Viewer', 'anna'),
      globalIdOf('Nonsense', '1'),
      globalIdOf('ToolCall', 'trip-anna-2:9'),
      globalIdOf('ToolCall', ':'),
    ];
    expect(await ask(gateway, anna, 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids })).toEqual({
      data: { nodes: ids.map(() => null) },
    });
    for (const id of ids)
      expect(await ask(gateway, anna, 'query ($id: ID!) { node(id: $id) { id } }', { id })).toEqual({
        data: { node: null },
      });
  });
});

describe("somebody else's row", () => {
  /** Everything of an answer but the ids in it. */
  const shapeOf = (answer: object, id: string): string => JSON.stringify(answer).replaceAll(id, 'id');

  it.each(aboutRows)('$name answers exactly as if there were none', async (operation) => {
    const { idType, document, variables } = operation;
    const asker = operation.name === 'setUserActive' ? tess : anna;
    const others = operation.name === 'setUserActive' ? [carla] : [boris, carla];
    const absent = await ask(gateway, asker, document, variables('no-such-id'));
    for (const ids of others) {
      for (const id of [ids[idType as IdType], globalIdOf(idType as IdType, ids[idType as IdType])]) {
        expect(shapeOf(await ask(gateway, asker, document, variables(id)), id)).toEqual(shapeOf(absent, 'no-such-id'));
      }
    }
  });
});

describe('a global id of another type', () => {
  it.each(aboutRows)('$name says so', async ({ document, variables, idType, name }) => {
    const asker = name === 'setUserActive' ? tess : anna;
    for (const type of Object.keys(own).filter((candidate) => candidate !== idType)) {
      const answer = await ask(gateway, asker, document, variables(globalIdOf(type, own[type as IdType])));
      expect(answer.errors).toMatchObject([
        { extensions: { code: 'BAD_USER_INPUT', expectedType: idType, actualType: type } },
      ]);
    }
  });

  it('is refused in filters as well', async () => {
    for (const query of [
      'query ($id: ID!) { sessions(filter: { ownerId: $id }) { totalCount } }',
      'query ($id: ID!) { auditLogs(filter: { userId: $id }) { totalCount } }',
      'query ($id: ID!) { searchMessages(query: "x", filter: { sessionIds: [$id] }) { totalCount } }',
      'query ($id: ID!) { user(id: "anna") { sessions(filter: { ownerId: $id }) { totalCount } } }',
      'query ($id: ID!) { session(id: "trip-anna") { approvals(filter: { sessionId: $id }) { totalCount } } }',
    ]) {
      expect(codesOf(await ask(gateway, anna, query, { id: globalIdOf('AuditLog', 'audit-anna-1') }))).toEqual([
        'BAD_USER_INPUT',
      ]);
    }
  });
});

describe('a bare id and a global id', () => {
  it.each(aboutRows.filter((operation) => queries.includes(operation)))('$name takes both', async (operation) => {
    const { name, idType, document, variables } = operation;
    const globalId = globalIdOf(idType as IdType, own[idType as IdType]);
    for (const id of [own[idType as IdType], globalId]) {
      expect(await ask(gateway, anna, document, variables(id))).toEqual({ data: { [name]: { id: globalId } } });
    }
  });

  it.each([
    ['{ sessions(filter: { ownerId: $id }) { totalCount } }', 'User', 'anna', { sessions: { totalCount: 4 } }],
    ['{ auditLogs(filter: { userId: $id }) { totalCount } }', 'User', 'anna', { auditLogs: { totalCount: 2 } }],
    [
      '{ approvals(filter: { sessionId: $id }) { totalCount } }',
      'Session',
      'trip-anna',
      { approvals: { totalCount: 2 } },
    ],
    [
      '{ searchMessages(query: "kazan", filter: { sessionIds: [$id] }) { totalCount } }',
      'Session',
      'trip-anna',
      { searchMessages: { totalCount: 1 } },
    ],
    [
      '{ user(id: "anna") { sessions(filter: { ownerId: $id }) { totalCount } } }',
      'User',
      'anna',
      { user: { sessions: { totalCount: 4 } } },
    ],
    [
      '{ user(id: "anna") { auditLogs(filter: { userId: $id }) { totalCount } } }',
      'User',
      'anna',
      { user: { auditLogs: { totalCount: 2 } } },
    ],
    [
      '{ session(id: "trip-anna") { approvals(filter: { sessionId: $id }) { totalCount } } }',
      'Session',
      'trip-anna',
      { session: { approvals: { totalCount: 2 } } },
    ],
  ])('both work in %s', async (selection, type, key, expected) => {
    for (const id of [key, globalIdOf(type, key)]) {
      expect(await ask(gateway, anna, `query ($id: ID!) ${selection}`, { id })).toEqual({ data: expected });
    }
  });
});

describe('a credential that is wrong', () => {
  const withHeaders = async (headers: Record<string, string>): Promise<[number, unknown]> => {
    const response = await fetch(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{"query":"{ viewer { tenantId } }"}',
    });
    return [response.status, await response.json()];
  };
  it.each([
    [{ authorization: 'Bearer nonsense' }],
    [{ authorization: 'Basic YTpi' }],
    [{ 'x-internal-auth': 'wrong' }],
    [{ 'x-internal-auth': '' }],
  ] as Record<string, string>[][])('%o is UNAUTHENTICATED, not a stranger', async (headers) => {
    const [status, answer] = await withHeaders(headers ?? {});
    expect(status).toBe(401);
    expect(answer).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  });

  it('as is a token whose time is over', async () => {
    const [status] = await withHeaders({
      authorization: `Bearer ${await gateway.token({ userId: 'anna', expiresInSeconds: -60 })}`,
    });
    expect(status).toBe(401);
  });
});

describe('a document that is wrong', () => {
  it.each([
    ['no GraphQL', '{ session( }', {}],
    ['a field that is not there', '{ session(id: "a") { passwordHash } }', {}],
    ['a variable of another type', 'query ($first: Int) { sessions(first: $first) { totalCount } }', { first: 'ten' }],
    ['a number beyond Int', 'query ($first: Int) { sessions(first: $first) { totalCount } }', { first: 3_000_000_000 }],
    ['a time that is none', '{ sessions(filter: { createdAfter: "yesterday" }) { totalCount } }', {}],
    ['an enum value that is none', '{ sessions(filter: { status: [OPEN] }) { totalCount } }', {}],
    ['a variable that is missing', 'query ($id: ID!) { session(id: $id) { id } }', {}],
    ['an operation that is not there', 'query A { viewer { tenantId } } query B { viewer { tenantId } }', {}],
  ])('%s is BAD_USER_INPUT', async (_what, query, variables) => {
    expect(codesOf(await ask(gateway, anna, query, variables))).toEqual(['BAD_USER_INPUT']);
  });
});
