import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { internalApiKey, tellsMemory, type GatewayPlace } from './gateway-process.ts';
import { World } from './world.ts';

const messages = 2000;
const bytesPerMessage = 4000;
const stuckClients = 40;
/** A page of 100 events, and something for the noise of a heap; a queue of our own would hold most of the 8 MB of each. */
const allowedPerClient = 600_000;

let world: World;
let gateway: GatewayPlace;
let start: string;
beforeAll(async () => {
  world = await World.open(['ours'], tellsMemory);
  gateway = world.gateways[0] as GatewayPlace;
  start = (await world.addSessions(['long'])).all.cursor;
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

async function subscribe(): Promise<WebSocket> {
  const socket = new WebSocket(gateway.webSocketUrl, 'graphql-transport-ws');
  socket.on('error', () => undefined);
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload: { 'x-internal-auth': internalApiKey } }));
  await once(socket, 'message');
  const query = `subscription ($after: String) { messageFeed(after: $after) { cursor node { sequence content } } }`;
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query, variables: { after: start } } }));
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

it('keeps no queue for readers that do not read (L7), and serves the others meanwhile', async () => {
  for (let warmUp = 0; warmUp < 3; warmUp += 1) await readAll(messages);
  const before = await gateway.memory();
  const stuck: WebSocket[] = [];
  for (let client = 0; client < stuckClients; client += 1) {
    const socket = await subscribe();
    socket.pause();
    stuck.push(socket);
  }
  await sleep(5000);
  const perClient = Math.round(((await gateway.memory()) - before) / stuckClients);
  await add('more', 1, 20);
  const began = performance.now();
  await readAll(messages + 20);
  const healthyMs = Math.round(performance.now() - began);
  process.stdout.write(`slow readers: ${JSON.stringify({ stuckClients, perClient, healthyMs })}\n`);
  for (const socket of stuck) socket.terminate();
  expect(perClient).toBeLessThan(allowedPerClient);
  expect(healthyMs).toBeLessThan(15_000);
});
