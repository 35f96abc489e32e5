import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codesOf, globalIdOf } from '../support/ask.ts';
import { testDatabases, type TestDatabases } from '../support/databases.ts';
import { startTestGateway, type Credentials, type GraphQLAnswer, type TestGateway } from '../support/gateway.ts';
import { fillWorld, people } from '../support/world.ts';

/** Somebody else's service, which refers to our types and adds to them. */
const ratings = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable"])
  type Query { ratings(first: Int, after: String): RatingConnection! }
  type RatingConnection { nodes: [Rating!]! pageInfo: PageInfo! }
  type PageInfo @shareable { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
  type Rating @key(fields: "id") { id: ID! stars: Int! message: Message! session: Session by: User! }
  type Message @key(fields: "id", resolvable: false) { id: ID! }
  type Session @key(fields: "id") { id: ID! ratings: [Rating!]! }
  type User @key(fields: "id") { id: ID! karma: Int! }
`;

const entities = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) {
    __typename
    ... on Session { id title }
    ... on Message { id content session { title } }
    ... on _Entity { ... on User { id username sessions(first: 1) { totalCount } } }
  }
}`;

let test: TestDatabases;
let gateway: TestGateway;
let plain: TestGateway;

beforeAll(async () => {
  test = await testDatabases();
  await fillWorld(test);
  [gateway, plain] = await Promise.all([startTestGateway(test, { FEDERATION: 'true' }), startTestGateway(test)]);
});
afterAll(async () => {
  await Promise.all([gateway.stop(), plain.stop()]);
  await test.close();
});

async function ourSdl(): Promise<string> {
  const { data } = await gateway.query<{ _service: { sdl: string } }>(people.anna, '{ _service { sdl } }');
  return data?._service.sdl ?? '';
}

const answer = (who: Credentials, ...representations: unknown[]): Promise<GraphQLAnswer> =>
  gateway.query(who, entities, { representations });

describe('as a subgraph', () => {
  it('composes alone and with another that adds to our types', async () => {
    const scrollback = { name: 'scrollback', url: gateway.url, typeDefs: parse(await ourSdl()) };
    const other = { name: 'ratings', url: 'http://ratings.example', typeDefs: parse(ratings) };
    for (const services of [[scrollback], [scrollback, other]]) {
      const { errors, supergraphSdl } = composeServices(services);
      expect(errors).toBeUndefined();
      expect(supergraphSdl).toContain('type Session');
    }
  });

  it('makes entities of sessions, messages and users, in the order asked for', async () => {
    const { errors, data } = await answer(
      people.anna,
      { __typename: 'User', id: globalIdOf('User', 'anna') },
      { __typename: 'Session', id: globalIdOf('Session', 'trip-anna') },
      { __typename: 'Message', id: 'trip-anna-1' },
    );
    expect(errors).toBeUndefined();
    expect(data?.['_entities']).toMatchObject([
      { __typename: 'User', username: 'anna', sessions: { totalCount: 4 } },
      { __typename: 'Session', id: globalIdOf('Session', 'trip-anna'), title: 'A trip to Kazan' },
      { __typename: 'Message', content: 'Find flights to Kazan, please', session: { title: 'A trip to Kazan' } },
    ]);
  });

  it.each([
    ['Session', 'work-boris'],
    ['Session', 'plan-carla'],
    ['Session', 'deleted-anna'],
    ['Message', 'work-boris-1'],
    ['Message', 'deleted-anna-1'],
    ['User', 'boris'],
    ['User', 'carla'],
    ['User', 'nobody'],
  ])('has no %s %s for a viewer who may not see it', async (type, key) => {
    const representations = [key, globalIdOf(type, key)].map((id) => ({ __typename: type, id }));
    expect(await answer(people.anna, ...representations)).toEqual({ data: { _entities: [null, null] } });
  });

  it.each([
    [{ __typename: 'AuditLog', id: 'audit-anna-1' }],
    [{ __typename: '__proto__', id: 'x' }],
    [{ __typename: 'Session' }],
    [{ __typename: 'Session', id: { like: '%' } }],
    [{ __typename: 'Session', id: globalIdOf('User', 'anna') }],
    ['trip-anna'],
    [7],
  ])('refuses %o', async (representation) => {
    expect(codesOf(await answer(people.anna, representation))).toEqual(['BAD_USER_INPUT']);
  });

  it('refuses more entities than nodes can be asked for', async () => {
    const many = Array.from({ length: 101 }, () => ({ __typename: 'Session', id: 'trip-anna' }));
    expect(codesOf(await answer(people.anna, ...many))).toEqual(['BAD_USER_INPUT']);
  });

  it('asks for a token and its scope like any other reading', async () => {
    const representations = [{ __typename: 'Session', id: 'trip-anna' }];
    expect(codesOf(await gateway.query(null, entities, { representations }))).toEqual(['UNAUTHENTICATED']);
    expect(codesOf(await gateway.query(null, '{ _service { sdl } }'))).toEqual(['UNAUTHENTICATED']);
    expect(codesOf(await gateway.query({ userId: 'anna', scopes: [] }, entities, { representations }))).toEqual([
      'FORBIDDEN',
    ]);
  });

  it('is what it was where federation is not switched on', async () => {
    expect(codesOf(await plain.query(people.anna, '{ _service { sdl } }'))).toEqual(['BAD_USER_INPUT']);
    expect(await gateway.query(people.anna, '{ session(id: "trip-anna") { title } }')).toEqual(
      await plain.query(people.anna, '{ session(id: "trip-anna") { title } }'),
    );
  });
});
