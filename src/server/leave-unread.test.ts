import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { afterEach, expect, it } from 'vitest';
import { answerError } from './http-answer.ts';

const long = 8_000_000;
let server: Server;
let bytesRead: () => number;
/** Pieces of the body that came and nobody took. */
let pieces: Buffer[];

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function refuse(headers: string, method = 'POST'): Promise<Socket> {
  pieces = [];
  server = createServer({ highWaterMark: 16_384 }, (request, response) => {
    const push = request.push.bind(request);
    request.push = (piece: Buffer) => {
      pieces.push(piece);
      return push(piece);
    };
    bytesRead = () => request.socket.bytesRead;
    answerError(response, 429, { code: 'RATE_LIMITED', message: 'Later.' });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(`${method} / HTTP/1.1\r\nHost: h\r\n${headers}\r\n\r\n`);
  return socket;
}

it('a long body that is refused stays with its sender, who reads the whole answer', async () => {
  const socket = await refuse(`Content-Length: ${long}`);
  socket.write(Buffer.alloc(long));
  const answer = await textOf(socket);
  expect(answer).toMatch(/^HTTP\/1.1 429[^]*connection: close[^]*"code":"RATE_LIMITED"}}]}$/i);
  expect(bytesRead()).toBeLessThan(long / 10);
});

it('gives the memory of what came of it back when the connection is closed', async () => {
  const socket = await refuse(`Content-Length: ${long}`);
  socket.write(Buffer.alloc(long));
  await textOf(socket);
  socket.destroy();
  expect(pieces).not.toHaveLength(0);
  await expect.poll(() => pieces.map((piece) => piece.length)).toEqual(pieces.map(() => 0));
});

it('a HEAD with a long body is answered too', { timeout: 5_000 }, async () => {
  const socket = await refuse(`Content-Length: ${long}`, 'HEAD');
  socket.write(Buffer.alloc(long));
  expect(await textOf(socket)).toMatch(/^HTTP\/1.1 429[^]*\r\n\r\n$/);
});

it('a short one is read, and the connection used again', async () => {
  const socket = await refuse('Content-Length: 2');
  const answers: string[] = [];
  socket.on('data', (data) => answers.push(data.toString()));
  await expect.poll(() => answers.join('')).toMatch(/RATE_LIMITED/);
  socket.write('{}POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n');
  await expect.poll(() => answers.join('').match(/RATE_LIMITED/g)?.length).toBe(2);
  expect(answers.join('')).not.toMatch(/connection: close/i);
});
