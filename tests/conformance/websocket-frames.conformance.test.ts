import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { testDatabases, type TestDatabases } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { encodeFrame, opcodes, properHandshake, RawWebSocket, type Frame } from '../support/raw-websocket.ts';

// RFC 6455: the sentences that bind a server, with what breaks them. The names cite the section.

const { continuation, text, binary, close, ping, pong } = opcodes;
const init = JSON.stringify({ type: 'connection_init' });

let test: TestDatabases;
let gateway: TestGateway;
let socket: RawWebSocket;

beforeAll(async () => {
  test = await testDatabases();
  gateway = await startTestGateway(test);
});
afterAll(async () => {
  await gateway.stop();
  await test.close();
});
beforeEach(async () => {
  socket = await RawWebSocket.open(gateway.url);
});
afterEach(() => socket.destroy());

const status = (code: number, reason: Buffer | string = ''): Buffer => {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code);
  return Buffer.concat([payload, Buffer.from(reason)]);
};

async function acknowledged(): Promise<boolean> {
  const frame = await socket.frame(({ opcode }) => opcode === text);
  return frame?.payload.toString().includes('connection_ack') ?? false;
}

describe('4.2.1 a handshake is refused', () => {
  it.each<[string, Record<string, string | undefined>]>([
    ['without Upgrade', { Upgrade: undefined }],
    ['with another Upgrade', { Upgrade: 'h2c' }],
    ['without a key', { 'Sec-WebSocket-Key': undefined }],
    ['with a key that is not 16 bytes', { 'Sec-WebSocket-Key': 'dG9vIHNob3J0' }],
    ['without a version', { 'Sec-WebSocket-Version': undefined }],
    ['with an old version', { 'Sec-WebSocket-Version': '7' }],
    ['with a version of the future', { 'Sec-WebSocket-Version': '14' }],
    ['from a page of another origin', { Origin: 'https://evil.example' }],
    ['from an opaque origin', { Origin: 'null' }],
    ['with nonsense for subprotocols', { 'Sec-WebSocket-Protocol': 'a b' }],
  ])('%s', async (_, changed) => {
    const headers = Object.entries({ ...properHandshake(), ...changed }).filter(([, value]) => value !== undefined);
    const line = await RawWebSocket.handshake(gateway.url, Object.fromEntries(headers) as Record<string, string>);
    expect(line).toMatch(/^HTTP\/1.1 4/);
  });

  it('with another method than GET', async () => {
    expect(await RawWebSocket.handshake(gateway.url, properHandshake(), 'POST')).toMatch(/^HTTP\/1.1 4/);
  });

  it('at another address', async () => {
    const elsewhere = gateway.url.replace('/graphql', '/elsewhere');
    expect(await RawWebSocket.handshake(elsewhere, properHandshake())).toMatch(/^HTTP\/1.1 404/);
  });
});

describe('a broken frame closes the connection with the code of the RFC', () => {
  it.each<[string, number, (Frame | Buffer)[]]>([
    ['5.1 a frame that is not masked', 1002, [{ opcode: text, payload: init, masked: false }]],
    ['5.1 a control frame that is not masked', 1002, [{ opcode: ping, masked: false }]],
    ...[1, 2, 4, 7].map((reserved): [string, number, Frame[]] => [
      `5.2 reserved bits ${reserved.toString(2).padStart(3, '0')} without an extension`,
      1002,
      [{ opcode: text, payload: init, reserved }],
    ]),
    ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode): [string, number, Frame[]] => [
      `5.2 the reserved opcode ${opcode}`,
      1002,
      [{ opcode, payload: init }],
    ]),
    ['5.2 a length with its highest bit set', 1009, [Buffer.from('81ffffffffffffffffff', 'hex')]],
    ['5.4 a continuation of nothing', 1002, [{ opcode: continuation, payload: init }]],
    [
      '5.4 a message inside of a fragmented one',
      1002,
      [
        { opcode: text, payload: '{', fin: false },
        { opcode: text, payload: '}' },
      ],
    ],
    ['5.5 a fragmented ping', 1002, [{ opcode: ping, fin: false }]],
    ['5.5 a fragmented close', 1002, [{ opcode: close, payload: status(1000), fin: false }]],
    ['5.5 a ping of 126 bytes', 1002, [{ opcode: ping, payload: Buffer.alloc(126) }]],
    ['5.5 a close of 126 bytes', 1002, [{ opcode: close, payload: status(1000, 'x'.repeat(124)) }]],
    ['5.5.1 a close of one byte', 1002, [{ opcode: close, payload: 'x' }]],
    ['5.5.1 a close whose reason is no UTF-8', 1007, [{ opcode: close, payload: status(1000, Buffer.of(0xff)) }]],
    ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535].map((code): [string, number, Frame[]] => [
      `7.4 a close with the code ${code}`,
      1002,
      [{ opcode: close, payload: status(code) }],
    ]),
    ['8.1 text that is no UTF-8', 1007, [{ opcode: text, payload: Buffer.of(0xc3, 0x28) }]],
    ['8.1 an overlong form', 1007, [{ opcode: text, payload: Buffer.of(0xc0, 0xaf) }]],
    ['8.1 a surrogate', 1007, [{ opcode: text, payload: Buffer.of(0xed, 0xa0, 0x80) }]],
    ['8.1 a character beyond Unicode', 1007, [{ opcode: text, payload: Buffer.of(0xf4, 0x90, 0x80, 0x80) }]],
    ['8.1 a character that ends in the middle', 1007, [{ opcode: text, payload: Buffer.of(0xe2, 0x82) }]],
    [
      '8.1 no UTF-8 in the second fragment',
      1007,
      [
        { opcode: text, payload: 'a', fin: false },
        { opcode: continuation, payload: Buffer.of(0xff) },
      ],
    ],
    ['10.4 a message that claims 1 GB', 1009, [{ opcode: text, payload: '{', claimedLength: 2 ** 30 }]],
    [
      '10.4 fragments that grow too large together',
      1009,
      Array.from({ length: 12 }, (_, index) => ({
        opcode: index === 0 ? text : continuation,
        payload: 'x'.repeat(100_000),
        fin: false,
      })),
    ],
  ])('%s', async (_, code, frames) => {
    socket.send(...frames);
    expect(await socket.closeCode()).toBe(code);
    await socket.ended;
  });
});

describe('what is in order is taken', () => {
  it('5.4 a message in fragments, with a ping between them that is answered at once', async () => {
    const [first, second] = [init.slice(0, 7), init.slice(7)];
    socket.send(
      { opcode: text, payload: first, fin: false },
      { opcode: ping, payload: 'between' },
      { opcode: continuation, fin: false },
      { opcode: continuation, payload: second },
    );
    expect((await socket.frame(({ opcode }) => opcode === pong))?.payload.toString()).toBe('between');
    expect(await acknowledged()).toBe(true);
  });

  it('5.2 lengths in more bytes than they need, byte by byte', async () => {
    for (const byte of encodeFrame({ opcode: text, payload: init, lengthBytes: 9 })) socket.send(Buffer.of(byte));
    expect(await acknowledged()).toBe(true);
  });

  it('5.5.3 a pong that nobody asked for is ignored', async () => {
    socket.send({ opcode: pong, payload: 'unasked' }, { opcode: text, payload: init });
    expect(await acknowledged()).toBe(true);
  });

  it('8.1 a character of many bytes across two fragments', async () => {
    const message = Buffer.from(JSON.stringify({ type: 'connection_init', payload: { name: '€' } }));
    const cut = message.indexOf(0x82);
    socket.send(
      { opcode: text, payload: message.subarray(0, cut), fin: false },
      { opcode: continuation, payload: message.subarray(cut) },
    );
    expect(await acknowledged()).toBe(true);
  });

  it.each([1000, 1001, 3000, 4999])(
    '5.5.1 a close with the code %d is answered and the connection ended',
    async (code) => {
      socket.send({ opcode: close, payload: status(code, 'bye') });
      expect(await socket.closeCode()).toBe(code);
      await socket.ended;
    },
  );

  it('5.5.1 a close without a code is answered with one', async () => {
    socket.send({ opcode: close });
    expect([1000, 1005]).toContain(await socket.closeCode());
    await socket.ended;
  });

  it('5.5.1 nothing is answered after a close', async () => {
    socket.send({ opcode: close, payload: status(1000) }, { opcode: text, payload: init }, { opcode: ping });
    await socket.ended;
    expect(socket.frames.map(({ opcode }) => opcode)).toEqual([close]);
  });

  it('9.1 no extension is agreed to', async () => {
    const offered = { ...properHandshake(), 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' };
    const other = await RawWebSocket.open(gateway.url, offered);
    other.send({ opcode: text, payload: init, reserved: 4 });
    expect(await other.closeCode()).toBe(1002);
  });

  it('7.4.1 a binary message is refused as data of a kind that is not understood, or read as text', async () => {
    socket.send({ opcode: binary, payload: Buffer.of(0, 1, 2) });
    expect([1003, 4400]).toContain(await socket.closeCode());
  });
});
