import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { testDatabases, type TestDatabases } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { addSession, addUser } from '../support/people.ts';

let test: TestDatabases;
let gateway: TestGateway;
beforeAll(async () => {
  test = await testDatabases();
  gateway = await startTestGateway(test);
  for (const userId of ['anna', 'ben']) {
    await addUser(test, userId);
    await addSession(test, `of-${userId}`, { userId });
  }
});
afterAll(async () => {
  await gateway.stop();
  await test.close();
});

const post = async (token: string): Promise<{ status: number; body: unknown }> => {
  const response = await fetch(gateway.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: '{ sessions(first: 1) { nodes { id } } }' }),
  });
  return { status: response.status, body: await response.json() };
};

async function greeting(token: string): Promise<WebSocket> {
  const socket = new WebSocket(gateway.url.replace('http', 'ws'), 'graphql-transport-ws');
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload: { Authorization: `Bearer ${token}` } }));
  return socket;
}

async function subscribed(token: string, sessionId: string): Promise<WebSocket> {
  const socket = await greeting(token);
  await once(socket, 'message');
  const query = 'subscription ($id: ID!) { messageAdded(sessionId: $id) { cursor } }';
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query, variables: { id: sessionId } } }));
  return socket;
}

it('closes the sockets of a user who is deactivated within two seconds, for good, and refuses their tokens', async () => {
  const [annas, bens] = await Promise.all([gateway.token({ userId: 'anna' }), gateway.token({ userId: 'ben' })]);
  const [hers, his] = await Promise.all([subscribed(annas, 'of-anna'), subscribed(bens, 'of-ben')]);
  expect((await post(annas)).status).toBe(200);
  const closed = once(hers, 'close');
  const began = performance.now();
  await test.service.auth.query(`UPDATE users SET is_active = false WHERE id = 'anna'`);
  const [code, reason] = (await closed) as [number, Buffer];
  expect([code, reason.toString()]).toEqual([4401, 'The token has been taken back; log in again.']);
  expect(performance.now() - began).toBeLessThan(2000);
  expect(await post(annas)).toMatchObject({
    status: 401,
    body: { errors: [{ extensions: { code: 'UNAUTHENTICATED', reason: 'TOKEN_REVOKED' } }] },
  });
  const again = await greeting(annas);
  expect((await once(again, 'close'))[0]).toBe(4401);
  expect([(await post(bens)).status, his.readyState]).toEqual([200, WebSocket.OPEN]);
  his.close();
});
