import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { testDatabases, type TestDatabases } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { addSession, addUser } from '../support/people.ts';
import { closing, connectedSocket, message, openSocket } from '../support/transports.ts';

const anna = { userId: 'anna' };
const boris = { userId: 'boris' };
const harmless = '{ viewer { tenantId } }';
const endless = 'subscription { sessionChanged { kind } }';

let test: TestDatabases;
let gateway: TestGateway;
let authorization: string;

beforeAll(async () => {
  test = await testDatabases();
  gateway = await startTestGateway(test, {
    MAX_SOCKETS_PER_USER: '3',
    MAX_OPERATIONS_PER_SOCKET: '20',
    MAX_OPERATIONS_PER_USER: '30',
    CONNECTION_INIT_TIMEOUT_MS: '300',
    HEARTBEAT_INTERVAL_MS: '1500',
    MAX_UNREAD_BYTES_PER_SOCKET: '4000000',
  });
  await addUser(test, 'anna');
  await addUser(test, 'boris');
  authorization = `Bearer ${await gateway.token(anna)}`;
});
afterAll(async () => {
  await gateway.stop();
  await test.close();
});

const subscribe = (id: string, query: string): string => JSON.stringify({ id, type: 'subscribe', payload: { query } });

async function closed(socket: WebSocket): Promise<void> {
  const gone = once(socket, 'close');
  socket.terminate();
  await gone;
}

/** For what the gateway notices in its own time. */
const patience = { timeout: 20_000 };

describe('the protocol', () => {
  it('is the only one that is spoken', async () => {
    const legacy = openSocket(gateway, {}, 'graphql-ws');
    expect(await closing(legacy)).toMatch(/^(?:4406|1006)$/);
    const none = openSocket(gateway, {}, []);
    expect(await closing(none)).toBe('4406');
  });

  it('begins with connection_init, soon and once', async () => {
    const silent = openSocket(gateway);
    expect(await closing(silent)).toBe('4408');
    const early = openSocket(gateway);
    await once(early, 'open');
    early.send(subscribe('1', harmless));
    expect(await closing(early)).toBe('4401');
    const twice = await connectedSocket(gateway, authorization);
    twice.send(JSON.stringify({ type: 'connection_init' }));
    expect(await closing(twice)).toBe('4429');
  });

  it('has no two operations of one id at a time', async () => {
    const socket = await connectedSocket(gateway, authorization);
    socket.send(subscribe('same', endless));
    socket.send(subscribe('same', endless));
    expect(await closing(socket)).toBe('4409');
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('takes %s for an id', async (id) => {
    const socket = await connectedSocket(gateway, authorization);
    socket.send(subscribe(id, harmless));
    expect(await message(socket, 'next')).toMatchObject({ id });
    await closed(socket);
  });

  it('is text', async () => {
    const socket = await connectedSocket(gateway, authorization);
    socket.send(Buffer.from(subscribe('1', harmless)), { binary: true });
    expect(await closing(socket)).toBe('1003');
  });

  it('is in few pieces', async () => {
    const socket = await connectedSocket(gateway, authorization);
    for (let piece = 0; piece < 70; piece += 1) socket.send('x', { fin: false });
    expect(await closing(socket)).toBe('1008');
  });
});

describe('what is running', () => {
  it('is bounded on each socket, and 1,000 subscribes end the socket for nobody else', async () => {
    const socket = await connectedSocket(gateway, authorization);
    const refused: unknown[] = [];
    socket.on('message', (data: Buffer) => {
      const read = JSON.parse(data.toString()) as { type: string; payload: unknown };
      if (read.type === 'error') refused.push(read.payload);
    });
    for (let id = 0; id < 1000; id += 1) socket.send(subscribe(String(id), endless));
    await expect.poll(() => refused.length, { timeout: 25_000 }).toBe(980);
    expect(refused[0]).toMatchObject([
      { extensions: { code: 'RATE_LIMITED', limit: 'MAX_OPERATIONS_PER_SOCKET', maximum: 20 } },
    ]);
    expect((await gateway.query(boris, harmless)).data).toEqual({ viewer: { tenantId: 'default' } });
    await closed(socket);
  });

  it('is bounded for each user over all sockets, and free again when it has ended', async () => {
    const sockets = [await connectedSocket(gateway, authorization), await connectedSocket(gateway, authorization)];
    const refusal = Promise.race(sockets.map((socket) => message(socket, 'error')));
    for (const socket of sockets) for (let id = 0; id < 18; id += 1) socket.send(subscribe(String(id), endless));
    expect(await refusal).toMatchObject({ payload: [{ extensions: { limit: 'MAX_OPERATIONS_PER_USER' } }] });
    await expect
      .poll(async () => (await gateway.query(anna, harmless)).errors?.[0]?.extensions['code'], patience)
      .toBe('RATE_LIMITED');
    await Promise.all(sockets.map(closed));
    await expect
      .poll(async () => (await gateway.query(anna, harmless)).data, patience)
      .toEqual({
        viewer: { tenantId: 'default' },
      });
  });
});

describe('sockets', () => {
  it('are bounded for each user', async () => {
    const own = `Bearer ${await gateway.token({ userId: 'many-sockets' })}`;
    const three = await Promise.all([1, 2, 3].map(() => connectedSocket(gateway, own)));
    const fourth = openSocket(gateway);
    await once(fourth, 'open');
    const end = new Promise((resolve) => fourth.once('close', (code, reason) => resolve([code, String(reason)])));
    fourth.send(JSON.stringify({ type: 'connection_init', payload: { authorization: own } }));
    expect(await end).toEqual([1013, expect.stringContaining('RATE_LIMITED: There are at most 3 connections')]);
    await closed(await connectedSocket(gateway, `Bearer ${await gateway.token(boris)}`));
    await Promise.all(three.map(closed));
    await expect
      .poll(async () => (await connectedSocket(gateway, own).catch(() => null))?.readyState, patience)
      .toBe(WebSocket.OPEN);
  });

  it('that answer no ping are closed', async () => {
    const socket = openSocket(gateway, { autoPong: false });
    await once(socket, 'open');
    socket.send(
      JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${await gateway.token(boris)}` } }),
    );
    expect(await closing(socket)).toBe('1013');
  });

  it('that flood pings and read nothing make us hold nothing', async () => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(
      'GET /graphql HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Protocol: graphql-transport-ws\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    await once(socket, 'data');
    socket.pause();
    const ping = Buffer.concat([Buffer.from([0x89, 0xfd, 0, 0, 0, 0]), Buffer.alloc(125)]);
    const flood = Buffer.concat(Array.from({ length: 500 }, () => ping));
    const before = process.memoryUsage();
    const gone = once(socket, 'close');
    for (let turn = 0; turn < 1000 && !socket.destroyed && socket.writableLength < 8_000_000; turn += 1) {
      socket.write(flood);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(process.memoryUsage().external - before.external).toBeLessThan(40_000_000);
    socket.destroy();
    await gone;
    expect((await gateway.query(boris, harmless)).errors).toBeUndefined();
  });

  it('that bring messages too fast are read more slowly, and lose none', async () => {
    const slow = await startTestGateway(test, { MAX_MESSAGES_PER_SECOND: '20' });
    const socket = await connectedSocket(slow, `Bearer ${await slow.token(anna)}`);
    let pongs = 0;
    socket.on('message', (data: Buffer) => (pongs += data.toString().includes('"next"') ? 1 : 0));
    const started = performance.now();
    for (let id = 0; id < 5; id += 1) {
      for (let ping = 0; ping < 12; ping += 1) socket.ping();
      socket.send(subscribe(String(id), harmless));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await expect.poll(() => pongs, { timeout: 20_000 }).toBe(5);
    expect(performance.now() - started).toBeGreaterThan(900);
    await closed(socket);
    await slow.stop();
  });

  it('that bring large messages have them read in turn, one socket of a user after the other', async () => {
    const sockets = await Promise.all([1, 2].map(() => connectedSocket(gateway, authorization)));
    const answers: string[] = [];
    const payload = { query: harmless, variables: { padding: 'ä'.repeat(200_000) } };
    const started = performance.now();
    for (const socket of sockets) {
      socket.on('message', (data: Buffer) => answers.push(data.toString()));
      for (const id of ['1', '2']) socket.send(JSON.stringify({ id, type: 'subscribe', payload }));
      socket.send(subscribe('small', harmless));
    }
    expect((await gateway.query(boris, harmless)).data).toEqual({ viewer: { tenantId: 'default' } });
    const answered = (): number => answers.filter((answer) => answer.includes('"tenantId":"default"')).length;
    await expect.poll(answered, patience).toBe(6);
    // 400 KB each, at 2.5 MB per second.
    expect(performance.now() - started).toBeGreaterThan(470);
    await Promise.all(sockets.map(closed));
  });

  it('are opened by the whole address too', async () => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    socket.write(
      'GET http://h/graphql HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Protocol: graphql-transport-ws\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1.1 101 /);
    socket.destroy();
  });

  it('whose user asks too often are not read for a while, so that few are refused', async () => {
    const rated = await startTestGateway(test, { RATE_LIMIT_USER: '5', RATE_LIMIT_BURST_SECONDS: '1' });
    const bearer = `Bearer ${await rated.token(anna)}`;
    const sockets = await Promise.all([1, 2, 3].map(() => connectedSocket(rated, bearer)));
    const answers: Record<string, number> = { next: 0, error: 0 };
    for (const socket of sockets) {
      socket.on('message', (data: Buffer) => {
        const { type } = JSON.parse(data.toString()) as { type: string };
        if (type in answers) answers[type] = (answers[type] ?? 0) + 1;
      });
      for (let id = 0; id < 300; id += 1) socket.send(subscribe(String(id), harmless));
    }
    await new Promise((resolve) => setTimeout(resolve, 3500));
    expect(answers['next']).toBeGreaterThanOrEqual(10);
    expect(answers['error']).toBeLessThanOrEqual(15);
    expect((await rated.query(boris, harmless)).data).toEqual({ viewer: { tenantId: 'default' } });
    await Promise.all(sockets.map(closed));
    await rated.stop();
  });
});

describe('a stop', () => {
  it('lets what runs end, and tells idle sockets to connect again', async () => {
    const stopping = await startTestGateway(test);
    const bearer = `Bearer ${await stopping.token(anna)}`;
    const [idle, busy] = [await connectedSocket(stopping, bearer), await connectedSocket(stopping, bearer)];
    await addSession(test, 'locked', anna);
    const lock = await test.service.agentRuntime.connect();
    await lock.query('BEGIN');
    await lock.query(`SELECT FROM sessions WHERE id = 'locked' FOR UPDATE`);
    busy.send(
      subscribe('1', 'mutation { updateSession(input: { sessionId: "locked", title: "new" }) { session { title } } }'),
    );
    await expect
      .poll(async () => {
        const { rows } = await test.service.agentRuntime.query(`SELECT FROM pg_locks WHERE NOT granted`);
        return rows.length;
      }, patience)
      .toBeGreaterThan(0);
    const [idleEnd, busyEnd, answer] = [closing(idle), closing(busy), message(busy, 'next')];
    const stopped = stopping.stop();
    expect(await idleEnd).toBe('1012');
    expect(busy.readyState).toBe(WebSocket.OPEN);
    await lock.query('COMMIT');
    lock.release();
    expect(await answer).toMatchObject({ payload: { data: { updateSession: { session: { title: 'new' } } } } });
    expect(await busyEnd).toBe('1012');
    await stopped;
  });

  it('does not wait for a busy connection for ever', async () => {
    const stopping = await startTestGateway(test, { SHUTDOWN_GRACE_MS: '2000' });
    const asking = new AbortController();
    let answers = 0;
    const loop = (async () => {
      while (!asking.signal.aborted) {
        answers += await stopping.query(anna, harmless).then(
          () => 1,
          () => 0,
        );
      }
    })();
    await expect.poll(() => answers, patience).toBeGreaterThan(3);
    await stopping.stop();
    await expect(stopping.query(anna, harmless)).rejects.toThrow('fetch failed');
    asking.abort();
    await loop;
  });
});

describe('a reconnect storm', () => {
  it('is admitted in turn, or told to come back; and then gets in', async () => {
    const storm = await startTestGateway(test, { MAX_CONNECTS_AT_ONCE: '2', MAX_CONNECTS_WAITING: '50' });
    const bearer = `Bearer ${await storm.token(anna)}`;
    const attempt = async (): Promise<string> => {
      const socket = openSocket(storm);
      const end = closing(socket);
      await once(socket, 'open');
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: bearer } }));
      return Promise.race([end, message(socket, 'connection_ack').then(() => 'ok')]);
    };
    const first = await Promise.all(Array.from({ length: 400 }, attempt));
    expect(first.filter((outcome) => outcome !== 'ok' && outcome !== 'UNAVAILABLE')).toEqual([]);
    const again = await Promise.all(Array.from({ length: 40 }, attempt));
    expect(new Set(again)).toEqual(new Set(['ok']));
    await storm.stop();
  });
});
