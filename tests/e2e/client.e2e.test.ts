import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createScrollbackClient, type ScrollbackClient } from '../../src/client/client.ts';
import type { RetryNotice } from '../../src/client/recovery.ts';
import { numberMessages, testDatabases, type TestDatabases } from '../support/databases.ts';
import { faultyRoad } from '../support/faulty-road.ts';
import { startTestGateway, type Credentials, type TestGateway } from '../support/gateway.ts';
import { addMessages, addSession, addUser } from '../support/people.ts';

let test: TestDatabases;
let gateway: TestGateway;
const anna = { userId: 'anna' };

beforeAll(async () => {
  test = await testDatabases();
  gateway = await startTestGateway(test);
  await addUser(test, 'anna');
});
afterAll(async () => {
  await gateway.stop();
  await test.close();
});

/** A WebSocket, and when the first subscription was sent over one: from then on the client knows its start. */
function listening(): { webSocketImpl: typeof WebSocket; subscribed: Promise<void> } {
  const { promise: subscribed, resolve } = Promise.withResolvers<void>();
  class Listening extends WebSocket {
    override send(data: string): void {
      super.send(data);
      if (data.includes('"subscription')) resolve();
    }
  }
  return { webSocketImpl: Listening, subscribed };
}

/** A client of these credentials; each token is a new one. */
function clientOf(
  credentials: Credentials,
  url = gateway.url,
  retries: RetryNotice[] = [],
  webSocketImpl = WebSocket,
): ScrollbackClient {
  return createScrollbackClient({
    url,
    token: async () => gateway.token(credentials),
    webSocketImpl,
    minDelayMs: 20,
    maxDelayMs: 200,
    healthyAfterMs: 500,
    onRetry: (notice) => retries.push(notice),
  });
}

const portOf = (url: string): number => Number(new URL(url).port);
const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

async function take<Item, Part>(
  stream: AsyncIterable<Item>,
  count: number,
  part: (item: Item) => Part,
  seen: (count: number) => void = () => undefined,
): Promise<Part[]> {
  const got: Part[] = [];
  for await (const item of stream) {
    got.push(part(item));
    seen(got.length);
    if (got.length === count) break;
  }
  return got;
}

const sequenceOf = ({ node }: { readonly node: { readonly sequence: number } }): number => node.sequence;

describe('a stream of the client', () => {
  it('goes on over broken connections while messages are written', async () => {
    await addSession(test, 'road', anna);
    const road = await faultyRoad({ host: '127.0.0.1', port: portOf(gateway.url) });
    const retries: RetryNotice[] = [];
    const client = clientOf(anna, `http://127.0.0.1:${road.port}/graphql`, retries);
    const got = take(client.messages('road', { from: 'beginning' }), 300, sequenceOf);
    for (let batch = 0; batch < 30; batch += 1) {
      await addMessages(test, 'road', batch * 10 + 1, batch * 10 + 10);
      if (batch % 5 === 2) road.cut();
      await pause(60);
      if (batch % 5 === 3) road.mend();
    }
    expect(await got).toEqual(numbers(1, 300));
    expect(retries.length).toBeGreaterThanOrEqual(6);
    client.close();
    await road.close();
  });

  it('goes on when the gateway restarts between messages, also when nothing had come before', async () => {
    await addSession(test, 'restarts', anna, 3);
    let passing = await startTestGateway(test);
    const port = String(portOf(passing.url));
    const token = async (): Promise<string> => passing.token(anna);
    const retries: RetryNotice[] = [];
    const { webSocketImpl, subscribed } = listening();
    const client = createScrollbackClient({
      url: passing.url,
      token,
      webSocketImpl,
      minDelayMs: 20,
      maxDelayMs: 200,
      onRetry: (notice) => retries.push(notice),
    });
    const got = take(client.messages('restarts'), 6, sequenceOf);
    await subscribed;
    for (let restart = 0; restart < 3; restart += 1) {
      await passing.stop();
      await addMessages(test, 'restarts', restart * 2 + 4, restart * 2 + 5);
      passing = await startTestGateway(test, { PORT: port });
      await pause(300);
    }
    expect(await got).toEqual(numbers(4, 9));
    expect(retries.some(({ error }) => error.code === '1012')).toBe(true);
    client.close();
    await passing.stop();
  });

  it('outlives its tokens', async () => {
    await addSession(test, 'tokens', anna);
    const retries: RetryNotice[] = [];
    const client = clientOf({ ...anna, expiresInSeconds: 2 }, gateway.url, retries);
    const got = take(client.messages('tokens', { from: 'beginning' }), 5, sequenceOf);
    for (const number of numbers(1, 5)) {
      await addMessages(test, 'tokens', number, number);
      await pause(900);
    }
    expect(await got).toEqual(numbers(1, 5));
    expect(retries.map(({ error }) => error.name)).toContain('UnauthenticatedError');
    client.close();
  });

  it('takes a removed message for what it is', async () => {
    await addSession(test, 'holes', anna, 10);
    await numberMessages(test.service.agentRuntime);
    await test.service.agentRuntime.query(
      `DELETE FROM messages WHERE id IN ('holes-1', 'holes-4', 'holes-5', 'holes-9')`,
    );
    const retries: RetryNotice[] = [];
    const client = clientOf(anna, gateway.url, retries);
    expect(await take(client.messages('holes', { from: 'beginning' }), 6, sequenceOf)).toEqual([2, 3, 6, 7, 8, 10]);
    expect(retries).toEqual([]);
  });

  it('starts from now in an empty session, and gives the fields that were asked for', async () => {
    await addSession(test, 'fresh', anna);
    const { webSocketImpl, subscribed } = listening();
    const client = clientOf(anna, gateway.url, [], webSocketImpl);
    const stream = client.messages<{ content: string; author: { username: string } }>('fresh', {
      select: 'content author { username }',
    });
    const first = stream.next();
    await subscribed;
    await addMessages(test, 'fresh', 1, 1);
    expect(await first).toMatchObject({
      value: { node: { sequence: 1, content: 'message 1', author: { username: 'anna' } } },
    });
    client.close();
  });

  it('says that a session is not there, that a cursor is none, and that its history is gone', async () => {
    await addSession(test, 'gone', anna, 3);
    const client = clientOf(anna);
    const first = (id: string, options = {}): Promise<unknown> => client.messages(id, options).next();
    await expect(first('nowhere')).rejects.toMatchObject({ name: 'NotFoundError' });
    await expect(first('nowhere', { after: 'AQEAAAAA' })).rejects.toMatchObject({ name: 'NotFoundError' });
    await expect(first('gone', { after: 'AQEAAAAA' })).rejects.toMatchObject({ name: 'CursorInvalidError' });
    await expect(first('gone', { select: 'nothing' })).rejects.toMatchObject({ name: 'RequestRefusedError' });
    const [after] = await take(client.messages('gone', { from: 'beginning' }), 1, ({ cursor }) => cursor);
    await test.service.agentRuntime.query(
      `UPDATE scrollback.session_log SET chain = sha256(chain) WHERE session_id = 'gone'`,
    );
    await expect(first('gone', { after })).rejects.toMatchObject({ name: 'CursorDivergedError', code: 'GONE' });
    client.close();
  });

  it('without a right to be here ends', async () => {
    const client = createScrollbackClient({ url: gateway.url, token: () => 'not.a.token', webSocketImpl: WebSocket });
    await expect(client.messages('road').next()).rejects.toMatchObject({ name: 'UnauthenticatedError', code: '4401' });
  });
});

describe('streams across sessions', () => {
  it('give the messages of all sessions from the beginning, over a broken connection', async () => {
    await addUser(test, 'fedor');
    const fedor = { userId: 'fedor' };
    await addSession(test, 'feed-1', fedor, 3);
    await addSession(test, 'feed-2', fedor, 3);
    const road = await faultyRoad({ host: '127.0.0.1', port: portOf(gateway.url) });
    const client = clientOf(fedor, `http://127.0.0.1:${road.port}/graphql`);
    const got = take(
      client.messageFeed({ from: 'beginning' }),
      8,
      ({ node }) => `${node.session.id} ${node.sequence}`,
      (count) => {
        if (count === 6) road.cut();
      },
    );
    await pause(300);
    await addMessages(test, 'feed-1', 4, 4);
    await addMessages(test, 'feed-2', 4, 4);
    road.mend();
    const all = await got;
    expect(new Set(all).size).toBe(8);
    client.close();
    await road.close();
  });

  it('give an internal service the audit trail from now on', async () => {
    const record = (id: string): Promise<unknown> =>
      test.service.auth.query(
        `INSERT INTO audit_logs (id, user_id, event_type, success) VALUES ($1, 'anna', $1, true)`,
        [id],
      );
    await record('before');
    const { url, internalApiKey: internalKey } = gateway;
    const { webSocketImpl, subscribed } = listening();
    const client = createScrollbackClient({ url, internalKey, webSocketImpl });
    const got = take(client.auditLogs(), 2, ({ node }) => node.eventType);
    await subscribed;
    await record('first');
    await record('second');
    expect(await got).toEqual(['first', 'second']);
  });
});
