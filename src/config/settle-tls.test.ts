import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { databaseConfigOf } from './database-url.ts';
import { settleTls } from './settle-tls.ts';

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

/** A server that answers PostgreSQL's question for TLS with one letter, and its URL. */
async function answering(reply: string): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (question) => socket.write(question.readInt32BE(4) === 80_877_103 ? reply : 'E'));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `postgres://app@127.0.0.1:${(server.address() as AddressInfo).port}/db`;
}

const settled = async (url: string): Promise<unknown> => (await settleTls(databaseConfigOf(url, 'DB_URL'))).ssl;

test('a server that speaks TLS gets it', async () => {
  expect(await settled(await answering('S'))).toEqual({ rejectUnauthorized: false });
});

test('a server that does not is taken as it is', async () => {
  expect(await settled(await answering('N'))).toBe(false);
});

test('an unreachable server is left to the connection to report', async () => {
  const url = await answering('S');
  await new Promise((resolve) => servers.pop()?.close(resolve));
  expect(await settled(url)).toBe(false);
});

test('only prefer asks', async () => {
  const url = await answering('S');
  expect(await settled(`${url}?sslmode=disable`)).toBe(false);
});
