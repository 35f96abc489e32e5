import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { spawn } from 'node:child_process';
import { text as textOf } from 'node:stream/consumers';
import { createClient } from 'graphql-sse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDatabases, type TestDatabases } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { addMessages, addSession, addUser } from '../support/people.ts';

const anna = { userId: 'anna' };
const boris = { userId: 'boris' };
const added = `subscription ($id: ID!, $after: String) {
  messageAdded(sessionId: $id, after: $after) { cursor node { sequence } }
}`;

let test: TestDatabases;
let gateway: TestGateway;

beforeAll(async () => {
  test = await testDatabases();
  gateway = await startTestGateway(test, { HEARTBEAT_INTERVAL_MS: '200' });
  await addUser(test, 'anna');
  await addUser(test, 'boris');
});
afterAll(async () => {
  await gateway.stop();
  await test.close();
});

/** For what comes in its own time. */
const patience = { timeout: 20_000 };

interface Event {
  readonly id: string | null;
  readonly event: string;
  readonly data: { data?: { messageAdded: { node: { sequence: number } } }; errors?: { extensions: object }[] } | null;
}

/** A stream as a program reads it that knows nothing but HTTP. */
class Stream {
  readonly response: IncomingMessage;
  readonly events: Event[] = [];
  readonly ended: Promise<unknown>;
  heartbeats = 0;

  private constructor(response: IncomingMessage) {
    this.response = response;
    // One that is cut off in the middle.
    response.on('error', () => undefined);
    this.ended = new Promise((resolve) => response.once('close', resolve));
    let rest = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) this.#take(block);
    });
  }

  static async open(to: TestGateway, body: unknown, headers: Record<string, string> = {}): Promise<Stream> {
    const sent = httpRequest(`${to.url}/stream`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        authorization: `Bearer ${await to.token(anna)}`,
        ...headers,
      },
    });
    sent.end(JSON.stringify(body));
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return new Stream(response);
  }

  get sequences(): (number | undefined)[] {
    return this.events.map(({ data }) => data?.data?.messageAdded.node.sequence);
  }

  #take(block: string): void {
    const fields = new Map(block.split('\n').map((line) => [line.split(':', 1)[0] ?? '', line.replace(/^\w*: ?/, '')]));
    if (block === ':') this.heartbeats += 1;
    else {
      const data = fields.get('data') ?? '';
      this.events.push({
        id: fields.get('id') ?? null,
        event: fields.get('event') ?? '',
        data: data === '' ? null : (JSON.parse(data) as Event['data']),
      });
    }
  }
}

async function startOf(sessionId: string): Promise<string> {
  const { data } = await gateway.query(
    anna,
    `{ session(id: "${sessionId}") { messages(first: 1) { pageInfo { endCursor } } } }`,
  );
  return (data as never as { session: { messages: { pageInfo: { endCursor: string } } } }).session.messages.pageInfo
    .endCursor;
}

describe('a stream', () => {
  it('gives events with their cursors for ids, and goes on after the last one', async () => {
    await addSession(test, 'resumed', anna, 3);
    const first = await Stream.open(gateway, {
      query: added,
      variables: { id: 'resumed', after: await startOf('resumed') },
    });
    await expect.poll(() => first.events.length, patience).toBe(2);
    first.response.destroy();
    await addMessages(test, 'resumed', 4, 5);
    const last = first.events[1]?.id ?? '';
    const second = await Stream.open(
      gateway,
      { query: added, variables: { id: 'resumed' } },
      { 'last-event-id': last },
    );
    await expect.poll(() => second.events.length, patience).toBe(2);
    expect([...first.sequences, ...second.sequences]).toEqual([2, 3, 4, 5]);
    second.response.destroy();
  });

  it.each([
    ['has no `after`', 'subscription { messageAdded(sessionId: "written") { cursor node { sequence } } }'],
    [
      'writes `after` out',
      'subscription { messageAdded(sessionId: "written", after: "x") { cursor node { sequence } } }',
    ],
  ])('goes on also where the document %s', async (_what, query) => {
    if ((await gateway.query(anna, '{ session(id: "written") { id } }')).data?.['session'] == null)
      await addSession(test, 'written', anna, 3);
    const stream = await Stream.open(gateway, { query }, { 'last-event-id': await startOf('written') });
    await expect.poll(() => stream.events.length, patience).toBe(2);
    expect(stream.sequences).toEqual([2, 3]);
    stream.response.destroy();
  });

  it('says what is wrong with a cursor, and with one for what cannot be resumed', async () => {
    await addSession(test, 'wrong', anna, 1);
    const made = { 'last-event-id': 'AQEAAAAA' };
    const up = await Stream.open(gateway, { query: added, variables: { id: 'wrong' } }, made);
    await up.ended;
    expect(up.events).toMatchObject([
      { data: { errors: [{ extensions: { reason: 'CURSOR_INVALID' } }] } },
      { event: 'complete' },
    ]);
    const query = 'subscription { sessionChanged { kind } }';
    const not = await Stream.open(gateway, { query }, made);
    await not.ended;
    expect(not.events).toMatchObject([
      { data: { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] } },
      { event: 'complete' },
    ]);
  });

  it('lives on heartbeats', async () => {
    await addSession(test, 'quiet', anna);
    const stream = await Stream.open(gateway, { query: added, variables: { id: 'quiet' } });
    await expect.poll(() => stream.heartbeats, patience).toBeGreaterThan(2);
    stream.response.destroy();
  });

  it('ends with its token, and says so last', async () => {
    await addSession(test, 'expiring', anna);
    const authorization = `Bearer ${await gateway.token({ ...anna, expiresInSeconds: 2 })}`;
    const stream = await Stream.open(gateway, { query: added, variables: { id: 'expiring' } }, { authorization });
    await stream.ended;
    expect(stream.events).toMatchObject([
      { event: 'next', data: { errors: [{ extensions: { code: 'UNAUTHENTICATED', reason: 'TOKEN_EXPIRED' } }] } },
      { event: 'complete' },
    ]);
  });

  it('is not for others', async () => {
    await addSession(test, 'mine', anna, 1);
    const authorization = `Bearer ${await gateway.token(boris)}`;
    const stream = await Stream.open(gateway, { query: added, variables: { id: 'mine' } }, { authorization });
    await stream.ended;
    expect(stream.events).toMatchObject([{ data: { errors: [{ extensions: { code: 'NOT_FOUND' } }] } }, {}]);
  });

  it('ends without `complete` when the gateway stops', async () => {
    await addSession(test, 'drained', anna);
    const passing = await startTestGateway(test);
    const stream = await Stream.open(passing, { query: added, variables: { id: 'drained' } });
    await expect.poll(() => stream.heartbeats, patience).toBe(1);
    await passing.stop();
    await stream.ended;
    expect(stream.events).toEqual([]);
    expect(stream.response.complete).toBe(true);
  });

  it('whose reader leaves while it opens gives its place back', { timeout: 60_000 }, async () => {
    const narrow = await startTestGateway(test, { MAX_OPERATIONS_PER_USER: '5' });
    const token = await narrow.token(anna);
    const query = 'subscription { sessionChanged { kind } }';
    const leave = (): Promise<void> =>
      new Promise((resolve) => {
        const request = httpRequest(`${narrow.url}/stream?query=${encodeURIComponent(query)}`, {
          headers: { authorization: `Bearer ${token}` },
        });
        request
          .on('error', () => resolve())
          .on('response', (response) => {
            response.once('data', () => {
              request.destroy();
              resolve();
            });
            response.on('error', () => undefined);
          });
        request.end();
      });
    for (let count = 0; count < 20; count += 1) await leave();
    await expect.poll(() => narrow.query(anna, '{ viewer { tenantId } }'), patience).toHaveProperty('data.viewer');
    await narrow.stop();
  });

  it('that nobody reads is cut off', async () => {
    const narrow = await startTestGateway(test, { HEARTBEAT_INTERVAL_MS: '200', MAX_SOCKETS_PER_USER: '1' });
    await addSession(test, 'unread', anna);
    const query = 'subscription { messageAdded(sessionId: "unread") { node { content } } }';
    const stream = await Stream.open(narrow, { query });
    await expect.poll(() => stream.heartbeats, patience).toBeGreaterThan(0);
    const { response: refused } = await Stream.open(narrow, { query });
    expect(refused.statusCode).toBe(429);
    stream.response.pause();
    stream.response.socket.pause();
    for (let number = 0; number < 60; number += 1) {
      await test.service.agentRuntime.query(
        `INSERT INTO messages (id, session_db_id, role, content) VALUES ($1, 'unread', 'user', $2)`,
        [`unread-${number}`, 'x'.repeat(200_000)],
      );
    }
    // Its place is free again when it has been cut off.
    const statusOfAnother = async (): Promise<number | undefined> => {
      const { response } = await Stream.open(narrow, { query });
      response.destroy();
      return response.statusCode;
    };
    await expect.poll(statusOfAnother, patience).toBe(200);
    stream.response.resume();
    stream.response.socket.resume();
    await stream.ended;
    expect(stream.response.complete).toBe(false);
    await narrow.stop();
  });
});

describe('clients', () => {
  it('of graphql-sse follow and come back after a restart', async () => {
    await addSession(test, 'library', anna);
    let passing = await startTestGateway(test);
    const port = new URL(passing.url).port;
    const client = createClient({
      url: `${passing.url}/stream`,
      headers: async () => ({ authorization: `Bearer ${await passing.token(anna)}` }),
      retry: () => new Promise((resolve) => setTimeout(resolve, 50)),
      retryAttempts: 100,
    });
    const got: number[] = [];
    const events = client.iterate<{ messageAdded: { cursor: string; node: { sequence: number } } }>({
      query: added,
      variables: { id: 'library', after: await startOf('library') },
    });
    const reading = (async () => {
      for await (const { data } of events) if (data != null && got.push(data.messageAdded.node.sequence) >= 3) break;
    })();
    await addMessages(test, 'library', 1, 1);
    await expect.poll(() => got, patience).toEqual([1]);
    await passing.stop();
    passing = await startTestGateway(test, { PORT: port });
    await addMessages(test, 'library', 2, 2);
    await reading;
    // The library sends the same variables again; who wants no event twice goes on with Last-Event-ID.
    expect(got).toEqual([1, 1, 2]);
    await passing.stop();
  });

  it('like curl', async () => {
    const child = spawn('curl', [
      '-sN',
      `${gateway.url}/stream`,
      '-H',
      `Authorization: Bearer ${await gateway.token(anna)}`,
      '-H',
      'Content-Type: application/json',
      '-d',
      '{"query":"{ viewer { tenantId } }"}',
    ]);
    expect(await textOf(child.stdout)).toMatch(
      /^:\n\nevent: next\ndata: \{"data":\{"viewer":\{"tenantId":"default"\}\},.*\}\n\nevent: complete\ndata:\n\n$/,
    );
  });
});
