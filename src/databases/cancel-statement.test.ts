import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type pg from 'pg';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { cancelStatement } from './cancel-statement.ts';

let server: Server;
beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  vi.useRealTimers();
  server.close();
});

const clientOf = (ssl: unknown): pg.PoolClient => {
  const { port } = server.address() as AddressInfo;
  return { host: '127.0.0.1', port, ssl, processID: 7, secretKey: 9 } as unknown as pg.PoolClient;
};

/** What the server reads first, and the socket it comes from. */
async function asked(ssl: unknown): Promise<readonly [Buffer, Socket]> {
  const connected = once(server, 'connection') as Promise<[Socket]>;
  cancelStatement(clientOf(ssl));
  const [socket] = await connected;
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  return [bytes, socket];
}

it('asks by the number and the secret of the server process', async () => {
  const [bytes, socket] = await asked(false);
  expect([0, 4, 8, 12].map((place) => bytes.readInt32BE(place))).toEqual([16, 80877102, 7, 9]);
  socket.destroy();
});

it.each([
  ['a plain one', false],
  ['one with TLS', { rejectUnauthorized: false }],
])('does not wait for longer than five seconds for a server that is silent: %s', async (_, ssl) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const [, socket] = await asked(ssl);
  const ended = vi.fn<() => void>();
  socket.on('close', ended).on('error', () => undefined);
  await vi.advanceTimersByTimeAsync(4900);
  await new Promise(setImmediate);
  expect(ended).not.toHaveBeenCalled();
  vi.advanceTimersByTime(200);
  await expect.poll(() => ended.mock.calls.length).toBe(1);
});

it.each([
  ['refuses TLS', 'N'],
  ['answers with an error', 'E'],
  ['speaks no TLS after all', 'Snonsense'],
])('survives a server that %s and breaks the connection', async (_, answer) => {
  const [, socket] = await asked({ rejectUnauthorized: false });
  socket.on('error', () => undefined);
  // Both arrive together: the answer makes one error, and the broken connection another.
  socket.write(answer);
  socket.resetAndDestroy();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(socket.destroyed).toBe(true);
});
