import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { operationRequestFrom } from './body.ts';

let server: Server;
let pieces: Buffer[];

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** What is made of a request that `send` sends. */
async function read(
  send: (port: number) => void,
  meter: (before: number, bytes: number) => Promise<void> = () => Promise.resolve(),
): Promise<unknown> {
  pieces = [];
  const outcome = new Promise((resolve) => {
    server = createServer((incoming, response) => {
      const push = incoming.push.bind(incoming);
      incoming.push = (piece: Buffer | null) => {
        if (piece !== null) pieces.push(piece);
        return push(piece);
      };
      void operationRequestFrom(incoming, { maxBytes: 1_000_000, meter }).then(resolve, resolve);
      incoming.once('close', () => response.end());
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  send((server.address() as AddressInfo).port);
  return outcome;
}

const headers = { 'content-type': 'application/json' };
const post =
  (body: string | Buffer, more: Record<string, string | number> = { 'content-length': Buffer.byteLength(body) }) =>
  (port: number): void => {
    const sent = request({ port, method: 'POST', headers: { ...headers, ...more } }, (answer: IncomingMessage) =>
      answer.resume(),
    );
    sent.on('error', () => undefined);
    sent.end(body);
  };
const chunked = { 'transfer-encoding': 'chunked' };
const long = { query: '{ viewer }', variables: { text: 'ä€😀'.repeat(30_000) } };

it('reads a long body of many pieces, whether it says its length or not, and keeps no piece of it', async () => {
  for (const more of [undefined, chunked]) {
    expect(await read(post(JSON.stringify(long), more))).toMatchObject(long);
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.filter((piece) => piece.length >= 4096)).toEqual([]);
  }
});

it('reads a body of one piece', async () => {
  const short = { ...long, variables: { text: 'short' } };
  expect(await read(post(JSON.stringify(short)))).toMatchObject(short);
});

it('keeps nothing of what it refuses either', async () => {
  expect(await read(post(Buffer.alloc(200_000, 0xff)))).toMatchObject({
    message: 'The body is not valid JSON in UTF-8.',
  });
  expect(pieces.filter((piece) => piece.length >= 4096)).toEqual([]);
  const refusal = new Error('too much');
  const meter = (_before: number, bytes: number): Promise<void> =>
    bytes > 100_000 ? Promise.reject(refusal) : Promise.resolve();
  expect(await read(post(JSON.stringify(long), chunked), meter)).toBe(refusal);
  expect(pieces[0]).toHaveLength(0);
});

it('keeps nothing of a body that ends before its end', async () => {
  const leave = (port: number): void => {
    const sent = request({ port, method: 'POST', headers: { ...headers, 'content-length': 500_000 } });
    sent.on('error', () => undefined);
    sent.write(Buffer.alloc(100_000), () => sent.destroy());
  };
  expect(await read(leave)).toBeInstanceOf(Error);
  expect(pieces.filter((piece) => piece.length >= 4096)).toEqual([]);
});
