import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { testDatabases, type TestDatabases } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { addMessages } from '../support/people.ts';
import { ProtocolSocket } from '../support/protocol-socket.ts';
import { fillWorld, people } from '../support/world.ts';

// Each binding sentence of graphql-ws' PROTOCOL.md that is about the server, as a test of that name.

let test: TestDatabases;
let gateway: TestGateway;
const open: ProtocolSocket[] = [];

beforeAll(async () => {
  test = await testDatabases();
  await fillWorld(test);
  gateway = await startTestGateway(test);
});
afterAll(async () => {
  await gateway.stop();
  await test.close();
});
afterEach(() => open.splice(0).forEach((socket) => socket.close()));

async function unacknowledged(protocols?: readonly string[]): Promise<ProtocolSocket> {
  const socket = await ProtocolSocket.open(gateway.url, protocols);
  open.push(socket);
  return socket;
}

async function acknowledged(): Promise<ProtocolSocket> {
  const socket = await ProtocolSocket.connect(gateway.url, await gateway.token(people.anna));
  open.push(socket);
  return socket;
}

const title = '{ session(id: "trip-anna") { title } }';
const live = 'subscription { messageAdded(sessionId: "trip-anna") { node { id } } }';
const titled = { data: { session: { title: 'A trip to Kazan' } } };
/** The same from here on: nothing that is written after this is missed, however late the subscription starts. */
async function liveFromHere(): Promise<string> {
  const query = '{ session(id: "trip-anna") { messages(last: 1) { pageInfo { endCursor } } } }';
  const { data } = await gateway.query<{ session: { messages: { pageInfo: { endCursor: string } } } }>(
    people.anna,
    query,
  );
  const after = data?.session.messages.pageInfo.endCursor;
  return `subscription { messageAdded(sessionId: "trip-anna", after: "${after}") { node { id } } }`;
}
let written = 100;
const write = (): Promise<void> => addMessages(test, 'trip-anna', ++written, written);

describe('Communication', () => {
  it('The WebSocket sub-protocol for this specification is: graphql-transport-ws', async () => {
    const socket = await unacknowledged(['graphql-transport-ws', 'graphql-ws']);
    expect(socket.socket.protocol).toBe('graphql-transport-ws');
  });

  it.each([[['graphql-ws']], [['chat']], [[]]])('sub-protocols %o are not it: 4406', async (protocols) => {
    const socket = await unacknowledged(protocols).catch((error: unknown) => error);
    if (socket instanceof ProtocolSocket) expect((await socket.closed).code).toBe(4406);
    else expect(String(socket)).toMatch(/subprotocol|Unexpected server response: 4/);
  });

  it('All messages contain the type field outlining the action this message describes', async () => {
    const socket = await unacknowledged();
    socket.send({ payload: {} });
    expect((await socket.closed).code).toBe(4400);
  });

  it('Messages corresponding to operations must contain the id field', async () => {
    const socket = await acknowledged();
    socket.send({ type: 'subscribe', payload: { query: title } });
    expect((await socket.closed).code).toBe(4400);
  });

  it('Multiple operations identified with separate IDs can be active at any time', async () => {
    const socket = await acknowledged();
    const query = await liveFromHere();
    for (const id of ['one', 'two']) socket.subscribe(id, query);
    socket.subscribe('three', title);
    expect(await socket.of('three')).toMatchObject({ type: 'next' });
    expect(await socket.of('three')).toMatchObject({ type: 'complete' });
    await write();
    const ids = [(await socket.next())?.id, (await socket.next())?.id];
    expect(ids.sort()).toEqual(['one', 'two']);
  });

  it('The client closes the socket by dispatching 1000: Normal Closure', async () => {
    const socket = await acknowledged();
    socket.close(1000);
    expect((await socket.closed).code).toBe(1000);
  });
});

describe('ConnectionInit', () => {
  it('If the client does not request a connection within the allowed timeout, the server will close the socket with 4408: Connection initialisation timeout', async () => {
    const socket = await unacknowledged();
    expect((await socket.closed).code).toBe(4408);
  });

  it('If the server receives more than one ConnectionInit message, the server will close the socket with 4429: Too many initialisation requests', async () => {
    const socket = await unacknowledged();
    socket.send({ type: 'connection_init' }, { type: 'connection_init' });
    expect((await socket.closed).code).toBe(4429);
    const later = await acknowledged();
    later.send({ type: 'connection_init' });
    expect((await later.closed).code).toBe(4429);
  });

  it.each([[undefined], [null], [{}], [{ anything: [1, { more: true }] }]])(
    'payload?: Record<string, unknown> | null, such as %o',
    async (payload) => {
      const socket = await unacknowledged();
      socket.send({ type: 'connection_init', payload });
      expect(await socket.next()).toEqual({ type: 'connection_ack' });
    },
  );

  it('rejects a connection: 4401 for a token that is refused for good, so that clients do not try it again', async () => {
    const socket = await unacknowledged();
    socket.send({ type: 'connection_init', payload: { authorization: 'Bearer nonsense' } });
    expect((await socket.closed).code).toBe(4401);
  });
});

describe('Ping and Pong', () => {
  it('A Pong must be sent in response from the receiving party as soon as possible', async () => {
    const socket = await acknowledged();
    socket.send({ type: 'ping' });
    expect(await socket.next()).toMatchObject({ type: 'pong' });
  });

  it('The Ping message can be sent at any time within the established socket', async () => {
    const socket = await unacknowledged();
    socket.send({ type: 'ping', payload: { before: 'init' } });
    expect(await socket.next()).toMatchObject({ type: 'pong' });
  });

  it('The optional payload field can be used to transfer additional details about the ping', async () => {
    const socket = await acknowledged();
    for (const payload of [null, {}, { at: 1 }]) socket.send({ type: 'ping', payload });
    for (const _ of [1, 2, 3]) expect(await socket.next()).toMatchObject({ type: 'pong' });
  });

  it('the Pong message may even be sent unsolicited', async () => {
    const socket = await acknowledged();
    socket.send({ type: 'pong' }, { type: 'pong', payload: { at: 1 } });
    expect(await socket.settled()).toEqual([]);
  });
});

describe('Subscribe', () => {
  it.each([
    ['a query', title],
    ['a subscription', live],
  ])(
    'If there is already an active subscriber matching the ID, the server must close the socket with 4409: %s',
    async (_, query) => {
      const socket = await acknowledged();
      socket.subscribe('same', live);
      socket.subscribe('same', query);
      expect(await socket.closed).toEqual({ code: 4409, reason: 'Subscriber for same already exists' });
    },
  );

  it('Once a client completes an operation, it is free to re-use that ID', async () => {
    const socket = await acknowledged();
    for (let again = 0; again < 3; again += 1) {
      socket.subscribe('same', live);
      socket.send({ type: 'complete', id: 'same' });
    }
    socket.subscribe('same', title);
    expect(await socket.of('same')).toMatchObject({ id: 'same', type: 'next', payload: titled });
  });

  it('an operation that has ended frees its ID', async () => {
    const socket = await acknowledged();
    for (let again = 0; again < 3; again += 1) {
      socket.subscribe('same', title);
      expect(await socket.of('same')).toMatchObject({ type: 'next' });
      expect(await socket.of('same')).toEqual({ id: 'same', type: 'complete' });
    }
  });

  it.each(['toString', '__proto__', 'constructor', 'hasOwnProperty', ' ', '☃'])(
    'the ID %o is one like any other',
    async (id) => {
      const socket = await acknowledged();
      socket.subscribe(id, title);
      expect(await socket.of(id)).toMatchObject({ id, type: 'next', payload: titled });
    },
  );

  it('if the connection is not acknowledged, the socket will be closed immediately with 4401: Unauthorized', async () => {
    const socket = await unacknowledged();
    socket.subscribe('early', title);
    expect((await socket.closed).code).toBe(4401);
  });

  it('operationName, variables and extensions may be null or left out', async () => {
    const socket = await acknowledged();
    const payload = { query: title, operationName: null, variables: null, extensions: null };
    socket.send({ type: 'subscribe', id: 'nulls', payload });
    expect(await socket.of('nulls')).toMatchObject({ type: 'next', payload: titled });
  });

  it('operationName chooses the operation', async () => {
    const socket = await acknowledged();
    const query = `query A { viewer { tenantId } } query B ${title}`;
    socket.send({ type: 'subscribe', id: 'named', payload: { query, operationName: 'B' } });
    expect(await socket.of('named')).toMatchObject({ type: 'next', payload: titled });
  });
});

describe('Next, Error and Complete', () => {
  it('After all results have been emitted, the Complete message will follow indicating stream completion', async () => {
    const socket = await acknowledged();
    socket.subscribe('q', title);
    expect(await socket.of('q')).toMatchObject({ id: 'q', type: 'next', payload: titled });
    expect(await socket.of('q')).toEqual({ id: 'q', type: 'complete' });
  });

  it('A single result operation sends at most one Next message, errors of its fields within', async () => {
    const socket = await acknowledged();
    socket.subscribe('q', '{ sessions(first: -1) { totalCount } }');
    expect(await socket.of('q')).toMatchObject({ type: 'next', payload: { errors: [{ path: ['sessions'] }] } });
    expect(await socket.of('q')).toEqual({ id: 'q', type: 'complete' });
  });

  it.each([
    ['does not parse', '{'],
    ['is not valid', '{ nothing }'],
  ])('Error terminates the operation and no further messages will be sent: a document that %s', async (_, query) => {
    const socket = await acknowledged();
    socket.subscribe('bad', query);
    const message = await socket.of('bad');
    expect(message).toMatchObject({ type: 'error', payload: [{ extensions: { code: expect.any(String) as string } }] });
    expect(await socket.settled()).toEqual([]);
    socket.subscribe('bad', title);
    expect(await socket.of('bad')).toMatchObject({ type: 'next' });
  });

  it('a subscription that is refused is told once and completed', async () => {
    const socket = await acknowledged();
    socket.subscribe('refused', 'subscription { messageAdded(sessionId: "work-boris") { cursor } }');
    const payload = { errors: [{ extensions: { code: 'NOT_FOUND' } }] };
    expect(await socket.of('refused')).toMatchObject({ type: 'next', payload });
    expect(await socket.of('refused')).toEqual({ id: 'refused', type: 'complete' });
  });

  it('the client has stopped listening: no further events should be sent through', async () => {
    const socket = await acknowledged();
    const query = await liveFromHere();
    for (const id of ['left', 'stays']) socket.subscribe(id, query);
    await write();
    expect([(await socket.next())?.id, (await socket.next())?.id].sort()).toEqual(['left', 'stays']);
    socket.send({ type: 'complete', id: 'left' });
    await socket.settled();
    await write();
    expect(await socket.next()).toMatchObject({ type: 'next', id: 'stays' });
    expect(await socket.settled()).toEqual([]);
  });

  it('Even if the client sent Complete for a single result operation before it resolved, the result should not be sent through once it does', async () => {
    const socket = await acknowledged();
    socket.subscribe('slow', '{ searchMessages(query: "Kazan") { totalCount } }');
    socket.send({ type: 'complete', id: 'slow' });
    socket.subscribe('after', '{ searchMessages(query: "Kazan") { totalCount } }');
    expect(await socket.next()).toMatchObject({ id: 'after' });
    expect(await socket.next()).toMatchObject({ id: 'after', type: 'complete' });
    expect(await socket.settled()).toEqual([]);
  });

  it('Both must be prepared to receive and ignore messages for operations that they consider already completed', async () => {
    const socket = await acknowledged();
    socket.subscribe('q', title);
    await socket.of('q');
    await socket.of('q');
    socket.send({ type: 'complete', id: 'q' }, { type: 'complete', id: 'q' });
    expect(await socket.settled()).toEqual([]);
  });
});

describe('Invalid message', () => {
  it.each([
    ['no JSON', '{'],
    ['no object', '7'],
    ['null', 'null'],
    ['a list', '[]'],
    ['an empty text', ''],
    ['an unknown type', { type: 'start', id: '1', payload: { query: title } }],
    ['an acknowledgement, which only servers send', { type: 'connection_ack' }],
    ['next, which only servers send', { type: 'next', id: '1', payload: { data: {} } }],
    ['error, which only servers send', { type: 'error', id: '1', payload: [{ message: 'No.' }] }],
    ['a type that is no text', { type: 7 }],
    ['an inherited type', { type: 'toString' }],
    ['a payload of connection_init that is no object', { type: 'connection_init', payload: 'x' }],
    ['a payload of ping that is no object', { type: 'ping', payload: [1] }],
    ['subscribe without a payload', { type: 'subscribe', id: '1' }],
    ['subscribe without a query', { type: 'subscribe', id: '1', payload: {} }],
    ['a query that is no text', { type: 'subscribe', id: '1', payload: { query: { kind: 'Document' } } }],
    ['variables that are a list', { type: 'subscribe', id: '1', payload: { query: title, variables: [] } }],
    ['extensions that are text', { type: 'subscribe', id: '1', payload: { query: title, extensions: 'x' } }],
    ['an operation name that is no text', { type: 'subscribe', id: '1', payload: { query: title, operationName: 7 } }],
    ['an empty id', { type: 'subscribe', id: '', payload: { query: title } }],
    ['an id that is no text', { type: 'subscribe', id: 1, payload: { query: title } }],
    ['complete without an id', { type: 'complete' }],
  ])(
    'a message of a type or format which is not specified will result in an immediate socket closure with 4400: %s',
    async (_, message) => {
      const socket = await acknowledged();
      socket.send(message);
      expect((await socket.closed).code).toBe(4400);
    },
  );

  it('Receiving a message (other than Subscribe) with an ID of a completed operation does not constitute an error; unknown IDs may be ignored', async () => {
    const socket = await acknowledged();
    socket.send({ type: 'complete', id: 'never-there' });
    expect(await socket.settled()).toEqual([]);
  });
});
