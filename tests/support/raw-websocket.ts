import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

export interface Frame {
  readonly opcode: number;
  readonly payload?: Buffer | string;
  readonly fin?: boolean;
  /** The three reserved bits as a number. */
  readonly reserved?: number;
  readonly masked?: boolean;
  /** A length in the header that is not the payload's. */
  readonly claimedLength?: number;
  /** Bytes for the length: 1, 3 or 9; the shortest that fits unless told. */
  readonly lengthBytes?: 1 | 3 | 9;
}

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export function encodeFrame(frame: Frame): Buffer {
  const { opcode, fin = true, reserved = 0, masked = true } = frame;
  const payload = Buffer.from(frame.payload ?? '');
  const length = lengthOf(frame.claimedLength ?? payload.length, frame.lengthBytes);
  length[0] = (length[0] ?? 0) | (masked ? 0x80 : 0);
  const head = Buffer.from([(fin ? 0x80 : 0) | (reserved << 4) | opcode]);
  if (!masked) return Buffer.concat([head, length, payload]);
  const key = randomBytes(4);
  return Buffer.concat([head, length, key, payload.map((byte, index) => byte ^ (key[index % 4] as number))]);
}

function lengthOf(size: number, bytes: 1 | 3 | 9 = size < 126 ? 1 : size < 65_536 ? 3 : 9): Buffer {
  if (bytes === 1) return Buffer.from([size]);
  const buffer = Buffer.alloc(bytes);
  buffer[0] = bytes === 3 ? 126 : 127;
  if (bytes === 3) buffer.writeUInt16BE(size, 1);
  else buffer.writeBigUInt64BE(BigInt(size), 1);
  return buffer;
}

export interface ReceivedFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** A client that speaks RFC 6455 byte by byte, and wrongly where a test wants that. */
export class RawWebSocket {
  readonly frames: ReceivedFrame[] = [];
  readonly #socket: Socket;
  readonly #ended: Promise<void>;
  #unread: Buffer = Buffer.alloc(0);
  #woken: () => void = () => undefined;

  private constructor(socket: Socket, rest: Buffer) {
    this.#socket = socket;
    socket.on('data', (data: Buffer) => this.#take(data));
    socket.on('error', () => undefined);
    this.#ended = new Promise((resolve) => {
      socket.once('close', () => {
        this.#woken();
        resolve();
      });
    });
    this.#take(rest);
  }

  /** The status line of what the server answers to a handshake with these headers. */
  static async handshake(url: string, headers: Record<string, string>, method = 'GET'): Promise<string> {
    const { socket, head } = await RawWebSocket.#shake(url, headers, method);
    socket.destroy();
    return head.split('\r\n', 1)[0] ?? '';
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<RawWebSocket> {
    const { socket, head, rest } = await RawWebSocket.#shake(url, { ...properHandshake(), ...headers }, 'GET');
    if (!head.startsWith('HTTP/1.1 101')) throw new Error(`The handshake was answered with ${head.slice(0, 100)}`);
    return new RawWebSocket(socket, rest);
  }

  static #shake(url: string, headers: Record<string, string>, method: string) {
    const { hostname, port, pathname, host } = new URL(url);
    const lines = Object.entries({ Host: host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    return new Promise<{ socket: Socket; head: string; rest: Buffer }>((resolve, reject) => {
      const socket = connect(Number(port), hostname);
      let received: Buffer = Buffer.alloc(0);
      const read = (data: Buffer): void => {
        received = Buffer.concat([received, data]);
        const end = received.indexOf('\r\n\r\n');
        if (end === -1) return;
        socket.off('data', read);
        resolve({ socket, head: received.subarray(0, end).toString('latin1'), rest: received.subarray(end + 4) });
      };
      socket.on('data', read);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('The server ended the connection without an answer.')));
      socket.write(`${method} ${pathname} HTTP/1.1\r\n${lines.join('')}\r\n`);
    });
  }

  send(...frames: (Frame | Buffer)[]): void {
    this.#socket.write(Buffer.concat(frames.map((frame) => (Buffer.isBuffer(frame) ? frame : encodeFrame(frame)))));
  }

  text(message: unknown): void {
    this.send({ opcode: opcodes.text, payload: JSON.stringify(message) });
  }

  /** The next frame for which this holds, or nothing once the connection has ended. */
  async frame(wanted: (frame: ReceivedFrame) => boolean): Promise<ReceivedFrame | undefined> {
    for (;;) {
      const index = this.frames.findIndex(wanted);
      if (index >= 0) return this.frames.splice(index, 1)[0];
      if (this.#socket.destroyed) return undefined;
      await new Promise<void>((resolve) => {
        this.#woken = resolve;
      });
    }
  }

  /** The code of the server's close frame; 1006 where the connection ended without one. */
  async closeCode(): Promise<number> {
    const frame = await this.frame(({ opcode }) => opcode === opcodes.close);
    if (frame === undefined) return 1006;
    return frame.payload.length < 2 ? 1005 : frame.payload.readUInt16BE(0);
  }

  get ended(): Promise<void> {
    return this.#ended;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #take(data: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, data]);
    for (let frame = this.#cut(); frame !== null; frame = this.#cut()) this.frames.push(frame);
    this.#woken();
  }

  /** A server's frames are not masked. */
  #cut(): ReceivedFrame | null {
    const bytes = this.#unread;
    if (bytes.length < 2) return null;
    const short = (bytes[1] as number) & 0x7f;
    const start = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (bytes.length < start) return null;
    const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
    if (bytes.length < start + length) return null;
    this.#unread = bytes.subarray(start + length);
    return { opcode: (bytes[0] as number) & 0x0f, payload: bytes.subarray(start, start + length) };
  }
}

export const properHandshake = (): Record<string, string> => ({
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
  'Sec-WebSocket-Protocol': 'graphql-transport-ws',
});
