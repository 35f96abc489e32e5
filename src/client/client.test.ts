import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { HostileGateway, cursorOf, type Behaviour } from '../../tests/support/hostile-gateway.ts';
import { createScrollbackClient, type ScrollbackClient, type ScrollbackClientOptions } from './client.ts';
import { UnauthenticatedError } from './errors.ts';
import type { RetryNotice } from './recovery.ts';

let gateway: HostileGateway;
let client: ScrollbackClient;
let retries: RetryNotice[];
let slept: number[];

beforeEach(async () => {
  gateway = await HostileGateway.start();
  client = connect();
});
afterEach(async () => {
  client.close();
  await gateway.stop();
});

/** A client that does not wait between attempts, but says how long it would have. */
function connect(options: Partial<ScrollbackClientOptions> = {}): ScrollbackClient {
  retries = [];
  slept = [];
  return createScrollbackClient({
    url: gateway.url,
    token: () => 'a-token',
    webSocketImpl: WebSocket,
    onRetry: (notice) => retries.push(notice),
    random: () => 1,
    sleep: async (ms) => void slept.push(ms),
    ...options,
  });
}

const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);
const fromStart = { after: cursorOf(0) };

/** What the stream gives until so many are there. */
async function take(count: number, options = {}): Promise<number[]> {
  const got: number[] = [];
  if (count === 0) return got;
  for await (const { node } of client.messages('s', { ...fromStart, ...options })) {
    got.push(node.sequence);
    if (got.length === count) break;
  }
  return got;
}

/** Sends so many after the cursor, then does something. */
const giveThen = (count: number, then: Behaviour['subscribe']): Behaviour => ({
  subscribe(peer, id, after) {
    peer.messages(id, gateway.after(after).slice(0, count));
    then?.(peer, id, after);
  },
});

describe('a connection that ends', () => {
  const codes = [1000, 1001, 1011, 1012, 1013, 4403, 4408, 4499, 4500, undefined];

  it('is followed by one that goes on after the last item, whatever passing code it ends with', async () => {
    gateway.log = numbers(1, 3 * codes.length + 3);
    gateway.behaviours.push(...codes.map((code) => giveThen(3, (peer) => peer.close(code))));
    gateway.behaviours.push(giveThen(3, (peer) => setTimeout(() => peer.socket.terminate(), 20)));
    gateway.log = numbers(1, 3 * codes.length + 6);
    expect(await take(gateway.log.length)).toEqual(gateway.log);
    expect(gateway.subscribed).toEqual(numbers(0, codes.length + 1).map((index) => 3 * index));
    expect(slept).toEqual(gateway.subscribed.slice(1).map(() => 500));
  });

  it.each([
    [4400, 'RequestRefusedError'],
    [4401, 'UnauthenticatedError'],
    [4406, 'RequestRefusedError'],
    [4409, 'RequestRefusedError'],
    [4429, 'RequestRefusedError'],
  ])('with %i ends the stream with %s', async (code, name) => {
    gateway.log = [1];
    gateway.behaviours.push(giveThen(1, (peer) => peer.close(code)));
    await expect(take(2)).rejects.toMatchObject({ name, code: String(code) });
    expect(gateway.connections).toBe(1);
  });

  it.each([
    ['before the acknowledgement', { init: (peer) => peer.close(1012) }],
    ['with 1000 before the acknowledgement', { init: (peer) => peer.close(1000) }],
    ['without a word', { init: (peer) => peer.socket.terminate() }],
    ['before the first item', giveThen(0, (peer) => peer.close(1013))],
  ] satisfies [string, Behaviour][])(
    'is retried when it ends %s, with longer and longer waits',
    async (_, behaviour) => {
      gateway.log = [1, 2];
      gateway.behaviours.push(
        behaviour,
        behaviour,
        behaviour,
        giveThen(1, (peer) => peer.close(1012)),
      );
      expect(await take(2)).toEqual([1, 2]);
      expect(slept).toEqual([500, 1000, 2000, 500]);
    },
  );

  it('over and over without an item in between ends the stream where the code speaks of a fault', async () => {
    gateway.behaviours.push(...numbers(1, 20).map(() => giveThen(0, (peer) => peer.close(1011))));
    await expect(take(1)).rejects.toMatchObject({ name: 'InterruptedError', code: '1011' });
    expect(gateway.connections).toBe(6);
  });

  it('after it lasted a while counts as one that worked', async () => {
    let now = 0;
    client = connect({ now: () => now, healthyAfterMs: 60_000 });
    gateway.log = [1];
    const endAt = (ms: number): Behaviour =>
      giveThen(0, (peer) => {
        now += ms;
        peer.close(4403);
      });
    gateway.behaviours.push(...numbers(1, 8).map(() => endAt(60_000)), endAt(59_999), endAt(59_999));
    expect(await take(1)).toEqual([1]);
    expect(slept).toEqual([...numbers(1, 8).map(() => 500), 1000, 2000]);
  });

  it('gets a fresh token each time', async () => {
    let issued = 0;
    client = connect({ token: async () => `token-${(issued += 1)}` });
    gateway.log = [1, 2, 3];
    gateway.behaviours.push(
      giveThen(1, (peer) => peer.close(4403)),
      giveThen(1, (peer) => peer.socket.send('nonsense')),
    );
    expect(await take(3)).toEqual([1, 2, 3]);
    expect(gateway.tokens).toEqual(['Bearer token-1', 'Bearer token-2', 'Bearer token-3']);
  });
});

describe('a connection that hangs', () => {
  it('is given up when the acknowledgement does not come', async () => {
    client = connect({ ackTimeoutMs: 200 });
    gateway.log = [1];
    gateway.behaviours.push({ init: () => undefined });
    expect(await take(1)).toEqual([1]);
    expect(retries.map(({ error }) => error.code)).toEqual(['TIMED_OUT']);
  });

  it('is given up when the server does not even answer the upgrade', async () => {
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => void sockets.add(socket.on('error', () => undefined)));
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const leaving = new AbortController();
    client = connect({
      url: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`,
      ackTimeoutMs: 30,
      onRetry: ({ error, attempt }) => {
        expect(error.code).toBe('TIMED_OUT');
        if (attempt === 3) leaving.abort();
      },
    });
    expect(await take(1, { signal: leaving.signal })).toEqual([]);
    expect(sockets.size).toBe(3);
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
  });

  it('is given up when pings stay without an answer', async () => {
    client = connect({ pingIntervalMs: 30, pongTimeoutMs: 150 });
    gateway.log = [1, 2];
    gateway.behaviours.push({ ...giveThen(1, undefined), ping: (peer) => peer.socket.pause() });
    expect(await take(2)).toEqual([1, 2]);
    expect(retries.map(({ error }) => error.code)).toEqual(['TIMED_OUT']);
  });

  it('is kept while pings are answered', async () => {
    client = connect({ pingIntervalMs: 10, pongTimeoutMs: 500, ackTimeoutMs: 500 });
    gateway.log = [1];
    gateway.behaviours.push({ subscribe: (peer, id) => setTimeout(() => peer.messages(id, [1]), 700) });
    expect(await take(1)).toEqual([1]);
    expect(gateway.connections).toBe(1);
  });
});

describe('a gateway that lies', () => {
  it('and repeats what was said is heard once', async () => {
    gateway.log = numbers(1, 9);
    gateway.behaviours.push(
      giveThen(3, (peer) => peer.close(1012)),
      { subscribe: (peer, id) => (peer.messages(id, [1, 2, 3, 3, 2, 4, 4, 5, 4]), peer.close(1012)) },
    );
    expect(await take(9)).toEqual(gateway.log);
    expect(gateway.subscribed).toEqual([0, 3, 5]);
  });

  it('and repeats the last item is heard once also where items have no numbers', async () => {
    gateway.log = [1, 2, 3];
    gateway.behaviours.push(
      giveThen(1, (peer) => peer.close(1012)),
      { subscribe: (peer, id) => peer.messages(id, [1, 2, 2, 3]) },
    );
    const got: number[] = [];
    for await (const { node } of client.messageFeed(fromStart)) if (got.push(node.sequence) === 3) break;
    expect(got).toEqual([1, 2, 3]);
  });

  it('and skips what exists is asked again from the last item', async () => {
    gateway.log = numbers(1, 5);
    gateway.behaviours.push({
      subscribe: (peer, id, after) => peer.messages(id, after === 0 ? [1, 2, 4, 5] : gateway.after(after)),
    });
    expect(await take(5)).toEqual(gateway.log);
    expect(gateway.subscribed).toEqual([0, 2]);
    expect(retries.map(({ error }) => error.message)).toEqual([
      expect.stringContaining('After number 2 came number 4'),
    ]);
  });

  it('and goes on skipping it is not believed', async () => {
    gateway.log = numbers(1, 5);
    gateway.behaviours.push({
      subscribe: (peer, id, after) =>
        peer.messages(
          id,
          [1, 2, 4, 5].filter((number) => number > after),
        ),
    });
    await expect(take(5)).rejects.toMatchObject({ name: 'SequenceGapError', last: 2, received: 4 });
    expect(gateway.subscribed).toEqual([0, 2, 2, 2, 2, 2]);
  });

  it('is believed where the list agrees that messages were removed', async () => {
    gateway.log = [1, 2, 7, 9];
    expect(await take(4)).toEqual(gateway.log);
    expect(gateway.subscribed).toEqual([0]);
  });

  it.each([
    ['what is not JSON', (peer) => peer.socket.send('{"id":')],
    ['what is no message of the protocol', (peer) => peer.send({ type: 'surprise' })],
    ['binary noise', (peer) => peer.socket.send(Buffer.from([0, 255, 254, 1]))],
    ['no data', (peer, id) => peer.send({ id, type: 'next', payload: { data: null } })],
    [
      'an item without a cursor',
      (peer, id) => peer.send({ id, type: 'next', payload: { data: { messageAdded: {} } } }),
    ],
    [
      'an item whose cursor is no text',
      (peer, id) =>
        peer.send({ id, type: 'next', payload: { data: { messageAdded: { cursor: 2, node: { sequence: 2 } } } } }),
    ],
    [
      'an item without a number',
      (peer, id) => peer.send({ id, type: 'next', payload: { data: { messageAdded: { cursor: 'c', node: {} } } } }),
    ],
    ['the end of the stream', (peer, id) => peer.send({ id, type: 'complete' })],
  ] satisfies [string, NonNullable<Behaviour['query']>][])('and sends %s is left and asked again', async (_, send) => {
    gateway.log = numbers(1, 3);
    gateway.behaviours.push({
      subscribe(peer, id, after) {
        if (after > 0) return peer.messages(id, gateway.after(after));
        peer.messages(id, [1]);
        send(peer, id);
      },
    });
    expect(await take(3)).toEqual(gateway.log);
    expect(gateway.subscribed).toEqual([0, 1]);
  });

  it('and answers what nobody asked is not listened to', async () => {
    gateway.log = [1];
    gateway.behaviours.push({
      subscribe(peer, id) {
        peer.messages('toString', [5]);
        peer.messages('another', [6]);
        peer.messages(id, [1]);
      },
    });
    expect(await take(1)).toEqual([1]);
  });
});

describe('an error in the answer', () => {
  it('that is for good ends the stream with its kind, and leaves others on the socket alone', async () => {
    gateway.log = [1];
    gateway.behaviours.push({
      subscribe(peer, id, after) {
        if (after === 99) peer.errors(id, { code: 'GONE', reason: 'CURSOR_DIVERGED', resumeFrom: 'cursor-7' });
        else setTimeout(() => peer.messages(id, [1]), 100);
      },
    });
    const healthy = take(1);
    await expect(take(1, { after: cursorOf(99) })).rejects.toMatchObject({
      name: 'CursorDivergedError',
      resumeFrom: 'cursor-7',
    });
    expect(await healthy).toEqual([1]);
    expect(gateway.connections).toBe(1);
  });

  it('that may pass is waited for on the same socket, as long as the gateway asks', async () => {
    gateway.log = [1, 2];
    let failures = 0;
    gateway.behaviours.push({
      subscribe(peer, id, after) {
        if (after === 0) peer.messages(id, [1]);
        if ((failures += 1) < 10) peer.errors(id, { code: 'UNAVAILABLE', retryAfterMs: 5000 });
        else peer.messages(id, [2]);
      },
    });
    expect(await take(2)).toEqual([1, 2]);
    expect(slept).toEqual([5500, 6000, 7000, 9000, 13_000, 21_000, 35_000, 35_000, 35_000]);
    expect(gateway.connections).toBe(1);
  });

  it('that comes after an item is the first of its kind again', async () => {
    gateway.log = [1, 2, 3, 4];
    gateway.behaviours.push({
      subscribe(peer, id, after) {
        peer.messages(id, gateway.after(after).slice(0, 1));
        peer.errors(id, { code: 'INTERNAL_SERVER_ERROR' });
      },
    });
    expect(await take(4)).toEqual(gateway.log);
    expect(slept).toEqual([500, 500, 500]);
  });

  it('that comes after a quiet while is the first of its kind again', async () => {
    let now = 0;
    client = connect({ now: () => now, healthyAfterMs: 60_000 });
    gateway.log = [1];
    let failures = 0;
    gateway.behaviours.push({
      subscribe(peer, id) {
        failures += 1;
        if (failures > 8) return peer.messages(id, [1]);
        now += failures < 8 ? 60_000 : 59_999;
        peer.errors(id, { code: 'INTERNAL_SERVER_ERROR' });
      },
    });
    expect(await take(1)).toEqual([1]);
    expect(slept).toEqual([...numbers(1, 7).map(() => 500), 1000]);
  });

  it('beside data is not taken for a whole item', async () => {
    gateway.log = [1];
    let isDown = true;
    gateway.behaviours.push({
      subscribe(peer, id) {
        if (!isDown) return peer.messages(id, [1]);
        isDown = false;
        const data = { messageAdded: { cursor: cursorOf(1), node: { sequence: 1, author: null } } };
        const errors = [{ message: 'Away.', extensions: { code: 'UNAVAILABLE' } }];
        peer.send({ id, type: 'next', payload: { data, errors } });
      },
    });
    expect(await take(1)).toEqual([1]);
    expect(gateway.subscribed).toEqual([0, 0]);
  });
});

describe('where a stream starts', () => {
  it('is asked first, so that nothing is missed by a connection that is lost before the first item', async () => {
    gateway.log = [1, 2];
    gateway.behaviours.push(
      giveThen(0, (peer) => {
        gateway.log = [1, 2, 3];
        peer.close(1012);
      }),
    );
    expect(await take(1, { after: null })).toEqual([3]);
    expect(gateway.subscribed).toEqual([2, 2]);
  });

  it('may be the beginning', async () => {
    gateway.log = [1, 2];
    expect(await take(2, { after: null, from: 'beginning' })).toEqual([1, 2]);
  });

  it('is asked again when the connection is lost over the question', async () => {
    gateway.log = [1];
    gateway.behaviours.push({ query: (peer) => peer.close(1012) });
    expect(await take(1, { after: null, from: 'beginning' })).toEqual([1]);
  });

  it('is nowhere in a feed without a cursor, and that is said when the connection is lost before the first item', async () => {
    gateway.behaviours.push(giveThen(0, (peer) => peer.close(1012)));
    await expect(client.messageFeed().next()).rejects.toMatchObject({ name: 'PlaceUnknownError' });
  });
});

describe('the consumer', () => {
  const waiting = async (): Promise<void> => vi.waitFor(() => expect(gateway.subscribed).toHaveLength(1));

  it('leaves by leaving the loop: the operation is ended and the socket closed', async () => {
    gateway.log = [1];
    await take(1);
    await vi.waitFor(() => expect(gateway.openSockets).toBe(0));
    expect(gateway.completed).toHaveLength(1);
    expect(retries).toEqual([]);
  });

  it('leaves at once while it waits for an item', async () => {
    const stream = client.messages('s', fromStart);
    const next = stream.next();
    await waiting();
    await stream.return?.();
    expect(await next).toEqual({ done: true, value: undefined });
    await vi.waitFor(() => expect(gateway.openSockets).toBe(0));
  });

  it.each([
    ['for an item', { subscribe: () => undefined }, {}],
    ['for an acknowledgement', { init: () => undefined }, {}],
    ['for the start', { query: () => undefined }, {}],
    ['for the token', {}, { token: () => new Promise<string>(() => undefined) }],
    ['for the next attempt', { init: (peer) => peer.close(1012) }, { sleep: undefined, minDelayMs: 60_000 }],
  ] satisfies [string, Behaviour, object][])(
    'is let go by its signal while it waits %s',
    async (what, behaviour, options) => {
      client = connect(options);
      gateway.behaviours.push(behaviour);
      const leaving = new AbortController();
      const ended = take(1, { signal: leaving.signal, ...(what === 'for the start' ? { after: null } : {}) });
      await new Promise((resolve) => setTimeout(resolve, 100));
      leaving.abort();
      expect(await ended).toEqual([]);
      await vi.waitFor(() => expect(gateway.openSockets).toBe(0));
      expect(gateway.connections).toBeLessThan(2);
    },
  );

  it('leaves no timer behind', async () => {
    const signals: AbortSignal[] = [];
    const sleep = (_: number, signal: AbortSignal): Promise<void> => {
      signals.push(signal);
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
    };
    client = connect({ sleep });
    gateway.behaviours.push({ init: (peer) => peer.close(1012) });
    const stream = client.messages('s', fromStart);
    const next = stream.next();
    await vi.waitFor(() => expect(signals).toHaveLength(1));
    await stream.return?.();
    await next;
    expect(signals[0]?.aborted).toBe(true);
  });

  it('has no connection opened for a token that comes after it left', async () => {
    const asked: ((token: string) => void)[] = [];
    client = connect({ token: () => new Promise((resolve) => asked.push(resolve)) });
    const stream = client.messages('s', fromStart);
    const next = stream.next();
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    await stream.return?.();
    await next;
    asked[0]?.('late');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(gateway.connections).toBe(0);
  });

  it('is let go when the client is closed, with all others', async () => {
    const ends = [take(1), take(1)];
    await vi.waitFor(() => expect(gateway.subscribed).toHaveLength(2));
    client.close();
    expect(await Promise.all(ends)).toEqual([[], []]);
    await vi.waitFor(() => expect(gateway.openSockets).toBe(0));
    expect(await take(1)).toEqual([]);
  });

  it('shares one socket with all others, and one reconnect', async () => {
    gateway.log = [1, 2];
    gateway.behaviours.push(
      giveThen(1, (peer) => gateway.subscribed.length === 5 && setTimeout(() => peer.close(1012), 20)),
    );
    const all = await Promise.all(numbers(1, 5).map(async () => take(2)));
    expect(all).toEqual(numbers(1, 5).map(() => [1, 2]));
    expect(gateway.connections).toBe(2);
    expect(slept).toEqual([500]);
  });

  it('may be slow: what it does not take is not piled up, and comes later', async () => {
    client = connect({ maxUnread: 10 });
    gateway.log = numbers(1, 100);
    const got: number[] = [];
    for await (const { node } of client.messages('s', fromStart)) {
      if (got.length % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      got.push(node.sequence);
      if (got.length === 100) break;
    }
    expect(got).toEqual(gateway.log);
    expect(gateway.subscribed).toEqual(numbers(0, 9).map((index) => 10 * index));
    expect(gateway.connections).toBe(1);
    expect(slept).toEqual([]);
  });
});

describe('the token', () => {
  it('that cannot be had at the moment is asked for again', async () => {
    let asked = 0;
    client = connect({ token: () => ((asked += 1) < 8 ? Promise.reject(new Error('offline')) : 'a-token') });
    gateway.log = [1];
    expect(await take(1)).toEqual([1]);
    expect(slept).toHaveLength(7);
  });

  it('that there will be none of ends the stream', async () => {
    client = connect({ token: () => Promise.reject(new UnauthenticatedError()) });
    await expect(take(1)).rejects.toMatchObject({ name: 'UnauthenticatedError' });
    expect(gateway.connections).toBe(0);
  });
});

describe('a cursor store', () => {
  const storeOf = (kept: Map<string, string>): Pick<ScrollbackClientOptions, 'cursorStore'> => ({
    cursorStore: { load: (key) => kept.get(key), save: async (key, cursor) => void kept.set(key, cursor) },
  });

  it('is given a cursor when the consumer asks for the next item, and not before', async () => {
    const kept = new Map<string, string>();
    client = connect(storeOf(kept));
    gateway.log = [1, 2, 3];
    const seen: (string | undefined)[] = [];
    for await (const { node } of client.messages('s', { ...fromStart, key: 'mine' })) {
      seen.push(kept.get('mine'));
      if (node.sequence === 3) break;
    }
    expect(seen).toEqual([undefined, cursorOf(1), cursorOf(2)]);
    expect([...kept]).toEqual([['mine', cursorOf(2)]]);
  });

  it('says where to go on', async () => {
    client = connect(storeOf(new Map([['mine', cursorOf(2)]])));
    gateway.log = [1, 2, 3];
    expect(await take(1, { key: 'mine' })).toEqual([3]);
  });

  it('that fails ends the stream with its error', async () => {
    client = connect({ cursorStore: { load: () => null, save: () => Promise.reject(new Error('disk full')) } });
    gateway.log = [1, 2];
    await expect(take(2, { key: 'mine' })).rejects.toThrow('disk full');
  });

  it('is needed for a key', () => {
    expect(() => client.messages('s', { key: 'mine' })).toThrow('cursorStore');
  });
});

it('takes the address of the gateway as the other clients do', async () => {
  const urls: string[] = [];
  class Recording extends WebSocket {
    constructor(url: string, protocol?: string) {
      super(url, protocol);
      urls.push(url);
    }
  }
  client = connect({ url: `${gateway.url}#top`, webSocketImpl: Recording });
  gateway.log = [1];
  expect(await take(1)).toEqual([1]);
  expect(urls).toEqual([gateway.url.replace('http', 'ws')]);
});

it('runs on the WebSocket of the platform', async () => {
  client = createScrollbackClient({ url: gateway.url, random: () => 0 });
  gateway.log = numbers(1, 4);
  gateway.behaviours.push(
    { init: (peer) => peer.socket.terminate() },
    giveThen(2, (peer) => peer.close(1012)),
  );
  expect(await take(4)).toEqual(gateway.log);
});
