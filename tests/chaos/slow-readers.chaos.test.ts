import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { internalApiKey, tellsMemory, type GatewayPlace } from './gateway-process.ts';
import { World } from './world.ts';

const messages = 2000;
const bytesPerMessage = 4000;
const stuckClients = Number(process.env['STUCK_CLIENTS'] ?? 40);
/** What a socket is given before it is asked to wait, and its own objects; a queue of our own would hold most of the 8 MB of each. */
const allowedPerClient = 64 * 1024;

let world: World;
let gateway: GatewayPlace;
let start: string;
beforeAll(async () => {
  world = await World.open(['ours'], { ...tellsMemory, LIVE_POLL_INTERVAL_MS: '50' });
  gateway = world.gateways[0] as GatewayPlace;
  start = (await world.addSessions(['long', 'short'])).all.cursor;
  await add('long', 1, messages);
}, 60_000);
afterAll(() => world.close());

const add = (prefix: string, from: number, to: number): Promise<unknown> =>
  world.cluster.run(
    'agent_runtime',
    'owner',
    `INSERT INTO messages (id, session_db_id, role, content)
     SELECT '${prefix}-' || n, 'long', 'user', repeat('x', ${bytesPerMessage}) FROM generate_series(${from}, ${to}) AS n`,
  );

const feed = `subscription ($after: String) { messageFeed(after: $after) { cursor node { sequence content } } }`;

async function subscribe(query = feed): Promise<WebSocket> {
  const socket = new WebSocket(gateway.webSocketUrl, 'graphql-transport-ws');
  socket.on('error', () => undefined);
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload: { 'x-internal-auth': internalApiKey } }));
  await once(socket, 'message');
  const variables = query === feed ? { after: start } : {};
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query, variables } }));
  return socket;
}

/** Reads so many events as fast as they come. */
async function readAll(count: number): Promise<void> {
  const socket = await subscribe();
  let received = 0;
  await new Promise<void>((resolve) => {
    socket.on('message', () => {
      received += 1;
      if (received === count) resolve();
    });
  });
  socket.terminate();
}

const timedMessages = 60;

/** From commit to a client that reads, in milliseconds: the median, and what 99 of 100 stay below. */
async function latencies(prefix: string): Promise<{ p50: number; p99: number }> {
  const socket = await subscribe('subscription { messageAdded(sessionId: "short") { node { id content } } }');
  const arrived = new Map<string, number>();
  socket.on('message', (data: Buffer) => {
    const id = /"content":"([^"]+)"/.exec(data.toString())?.[1];
    if (id !== undefined) arrived.set(id, performance.now());
  });
  const client = await world.cluster.connect('agent_runtime', 'owner');
  const insert = (content: string): Promise<unknown> =>
    client.query(
      `INSERT INTO messages (id, session_db_id, role, content) VALUES ($1::text, 'short', 'user', $1::text)`,
      [content],
    );
  // Until the subscription has begun.
  for (let warmUp = 0; arrived.size === 0; warmUp += 1) await Promise.all([insert(`${prefix}-w${warmUp}`), sleep(100)]);
  const took: number[] = [];
  for (let number = 0; number < timedMessages; number += 1) {
    const content = `${prefix}-${number}`;
    await insert(content);
    const committed = performance.now();
    await expect.poll(() => arrived.has(content), { interval: 2, timeout: 10_000 }).toBe(true);
    took.push((arrived.get(content) ?? 0) - committed);
  }
  socket.terminate();
  await client.end();
  took.sort((one, other) => one - other);
  return { p50: took[timedMessages >> 1] ?? 0, p99: took[timedMessages - 2] ?? 0 };
}

it('keeps no queue for readers that do not read (L7), and serves the others meanwhile', async () => {
  const alone = await latencies('alone');
  for (let warmUp = 0; warmUp < 3; warmUp += 1) await readAll(messages);
  const before = await gateway.memory();
  const stuck = await Promise.all(Array.from({ length: stuckClients }, () => subscribe()));
  for (const socket of stuck) socket.pause();
  await sleep(5000);
  const perClient = Math.round(((await gateway.memory()) - before) / stuckClients);
  expect(stuck.filter(({ readyState }) => readyState === WebSocket.OPEN)).toHaveLength(stuckClients);
  const beside = await latencies('beside');
  await add('more', 1, 20);
  const began = performance.now();
  await readAll(messages + 20);
  const healthyMs = Math.round(performance.now() - began);
  process.stdout.write(`slow readers: ${JSON.stringify({ stuckClients, perClient, healthyMs, alone, beside })}\n`);
  for (const socket of stuck) socket.terminate();
  expect(perClient).toBeLessThan(allowedPerClient);
  expect(healthyMs).toBeLessThan(15_000);
});
