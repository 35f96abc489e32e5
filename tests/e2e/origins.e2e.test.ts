import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createLog } from '../../src/shared/log.ts';
import { testDatabases, type TestDatabases } from '../support/databases.ts';
import { startTestGateway, type Credentials, type TestGateway } from '../support/gateway.ts';
import { addSession, addUser } from '../support/people.ts';
import { fillWorld, people } from '../support/world.ts';

/** Each request comes through a proxy that is trusted, from a client of its own. */
const headersOf = (address: string) => ({ 'x-forwarded-for': address, 'user-agent': `browser of ${address}` });

let test: TestDatabases;
let gateway: TestGateway;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scrollback-origins-'));
  const log = createLog({ level: 'info', pretty: false, file: join(folder, 'log') });
  test = await testDatabases();
  await fillWorld(test);
  gateway = await startTestGateway(test, { TRUST_PROXY: '127.0.0.0/8' }, log);
});
afterAll(async () => {
  await gateway.stop();
  await test.close();
  await rm(folder, { recursive: true });
});

type Send = (address: string, asker: Credentials | null, query: string, path?: string) => Promise<unknown>;

const authorization = async (asker: Credentials | null): Promise<Record<string, string>> =>
  asker === null ? {} : { authorization: `Bearer ${await gateway.token(asker)}` };

const overHttp: Send = async (address, asker, query, path = '') => {
  const headers = { 'content-type': 'application/json', ...headersOf(address), ...(await authorization(asker)) };
  const response = await fetch(`${gateway.url}${path}`, { method: 'POST', headers, body: JSON.stringify({ query }) });
  return response.text();
};

const overEvents: Send = (address, asker, query) => overHttp(address, asker, query, '/stream');

const overWebSocket: Send = async (address, asker, query) => {
  class Browser extends WebSocket {
    constructor(url: string, protocols: string) {
      super(url, protocols, { headers: headersOf(address) });
    }
  }
  const connectionParams = await authorization(asker);
  const url = gateway.url.replace('http', 'ws');
  const client = createClient({ url, webSocketImpl: Browser, connectionParams, retryAttempts: 0 });
  for await (const _ of client.iterate({ query }));
  await client.dispose();
};

const transports: readonly (readonly [name: string, send: Send, address: string])[] = [
  ['HTTP', overHttp, '192.0.2.1'],
  ['websockets', overWebSocket, '2001:db8::2'],
  ['event streams', overEvents, '192.0.2.3'],
];

const trail = async (eventType: string, userId: string) => {
  const { rows } = await test.service.auth.query(
    'SELECT ip_address, user_agent FROM audit_logs WHERE event_type = $1 AND user_id = $2 ORDER BY created_at DESC LIMIT 1',
    [eventType, userId],
  );
  return rows as unknown[];
};

const entryFrom = (address: string) => ({ ip_address: address, user_agent: `browser of ${address}` });

describe('the audit trail says where an action came from', () => {
  it.each(transports)('through the outbox, over %s', async (_name, send, address) => {
    await addSession(test, `s ${address}`, { userId: 'anna' });
    await send(address, people.anna, `mutation { deleteSession(input: { sessionId: "s ${address}" }) { __typename } }`);
    await expect.poll(() => trail('session_deleted', 'anna'), { timeout: 10_000 }).toEqual([entryFrom(address)]);
  });

  it.each(transports)('in the database of the action itself, over %s', async (_name, send, address) => {
    const userId = `user of ${address}`;
    await addUser(test, userId);
    const input = `{ userId: "${userId}", isActive: false }`;
    await send(address, people.tess, `mutation { setUserActive(input: ${input}) { __typename } }`);
    expect(await trail('user_deactivated', 'tess')).toEqual([entryFrom(address)]);
  });
});

describe('a refusal is logged with its code and the network it came from', () => {
  const refusals = async (address: string): Promise<object[]> => {
    const lines = (await readFile(join(folder, 'log'), 'utf8')).split('\n').filter((line) => line !== '');
    const logged = lines.map((line) => JSON.parse(line) as { msg: string; address?: string });
    return logged.filter((line) => line.msg === 'refused' && line.address === address);
  };
  const cases: readonly (readonly [code: string, asker: Credentials | null, query: string, subnet: number])[] = [
    ['UNAUTHENTICATED', null, '{ sessions { nodes { id } } }', 10],
    ['FORBIDDEN', people.audrey, '{ sessions { nodes { id } } }', 20],
    ['FORBIDDEN', people.audrey, 'mutation { createSession(input: {}) { __typename } }', 30],
  ];

  it.each(
    transports.flatMap(([transport, send], index) =>
      cases.map(([code, asker, query, subnet]) => ({ code, query, transport, send, asker, subnet: subnet + index })),
    ),
  )('$code of $query over $transport', async ({ code, asker, query, send, subnet }) => {
    await send(`2001:db8:0:${subnet}::7`, asker, query).catch(() => undefined);
    await expect
      .poll(() => refusals(`2001:db8:0:${subnet}::/64`))
      .toMatchObject([{ code, requestId: expect.any(String) as string }]);
  });

  it.each(transports)('of an expired token, over %s', async (_transport, send, address) => {
    const expired = { userId: 'anna', expiresInSeconds: -100 };
    await send(address, expired, '{ viewer { scopes } }').catch(() => undefined);
    const logged = address.includes(':') ? '2001:db8:0:0::/64' : address;
    await expect.poll(() => refusals(logged)).toMatchObject([{ code: 'UNAUTHENTICATED' }]);
  });
});
