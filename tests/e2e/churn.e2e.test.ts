import { request } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testDatabases, type TestDatabases } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { addMessages, addSession, addUser } from '../support/people.ts';
import { ProtocolSocket } from '../support/protocol-socket.ts';

// Clients come, subscribe and are cut off, over and over; afterwards the process is as it was.

const minutes = Number(process.env['CHURN_MINUTES'] ?? 0);
const shortestMs = minutes * 60_000;
const clientsPerRound = 20;
const warmUpRounds = 10;
const rounds = 20;
const timeout = shortestMs + 120_000;

let test: TestDatabases;
let gateway: TestGateway;
let token: string;

beforeAll(async () => {
  test = await testDatabases();
  await addUser(test, 'anna');
  await addSession(test, 's1', { userId: 'anna' }, 20);
  gateway = await startTestGateway(test);
  token = await gateway.token({ userId: 'anna', expiresInSeconds: shortestMs / 1000 + 3600 });
});
afterAll(async () => {
  await gateway.stop();
  await test.close();
});

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;

interface State {
  readonly heapBytes: number;
  readonly sockets: number;
  readonly timers: number;
  readonly databaseSessions: number;
}

async function state(): Promise<State> {
  const { rows } = await test.service.agentRuntime.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database() AND usename = 'scrollback_gateway'`,
  );
  const resources = process.getActiveResourcesInfo();
  for (let times = 0; times < 3; times += 1) collectGarbage();
  return {
    heapBytes: process.memoryUsage().heapUsed,
    sockets: resources.filter((name) => name.startsWith('TCPSocket') || name === 'TCPSOCKETWRAP').length,
    timers: resources.filter((name) => name === 'Timeout').length,
    databaseSessions: rows[0]?.count ?? 0,
  };
}

const subscriptions = [
  'subscription { messageAdded(sessionId: "s1") { cursor node { content } } }',
  'subscription { messageFeed { cursor } }',
  'subscription { sessionChanged { kind } }',
  'subscription { approvalChanged { kind } }',
  'subscription { messageChanged(sessionId: "s1") { kind } }',
];

/** One client's life, and the ways it ends. */
async function client(way: number): Promise<void> {
  if (way === 0) return abortedRequest();
  const socket = way === 1 ? await ProtocolSocket.open(gateway.url) : await ProtocolSocket.connect(gateway.url, token);
  if (way > 1) subscriptions.forEach((query, index) => socket.subscribe(String(index), query));
  if (way > 2) await socket.settled();
  if (way === 3) socket.send({ type: 'complete', id: '0' });
  if (way === 4) socket.close();
  else socket.socket.terminate();
  await socket.closed;
}

function abortedRequest(): Promise<void> {
  const body = JSON.stringify({ query: '{ sessions { nodes { messages { nodes { content } } } } }' });
  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${token}`,
    'content-length': body.length,
  };
  return new Promise((resolve) => {
    const outgoing = request(gateway.url, { method: 'POST', headers });
    outgoing.on('error', () => undefined);
    outgoing.on('close', resolve);
    outgoing.write(body.slice(0, 20), () => outgoing.destroy());
  });
}

let written = 20;

async function round(): Promise<void> {
  const clients = Array.from({ length: clientsPerRound }, (_, index) => client(index % 6));
  await addMessages(test, 's1', written + 1, written + 1);
  written += 1;
  await Promise.all(clients);
}

async function churn(count: number, forMs = 0): Promise<number> {
  const until = Date.now() + forMs;
  let done = 0;
  while (done < count || Date.now() < until) {
    await round();
    done += 1;
  }
  return done * clientsPerRound;
}

it('after clients that come and are cut off, everything is back to where it was', { timeout }, async () => {
  await churn(warmUpRounds);
  const before = await state();
  const clients = await churn(rounds, shortestMs);
  // Sockets and timers end a little after their clients.
  await expect.poll(async () => (await state()).sockets, { timeout: 20_000 }).toBeLessThanOrEqual(before.sockets + 2);
  await expect.poll(async () => (await state()).timers, { timeout: 20_000 }).toBeLessThanOrEqual(before.timers + 2);
  const after = await state();
  const bytesEach = Math.round((after.heapBytes - before.heapBytes) / clients);
  process.stdout.write(
    `churn: ${clients} clients, ${bytesEach} bytes of heap each; ${JSON.stringify({ before, after })}\n`,
  );
  expect(after.databaseSessions).toBeLessThanOrEqual(before.databaseSessions + 1);
  expect(bytesEach).toBeLessThan(3_000);
});
