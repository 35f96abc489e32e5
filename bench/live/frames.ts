import { randomBytes } from 'node:crypto';

/** Just enough of RFC 6455 for a client that counts what it gets, at a fraction of a real client's cost. */

export const opcodes = { text: 1, close: 8, ping: 9, pong: 10 } as const;

/** A frame from client to server: short, final and masked. */
export function clientFrame(opcode: number, payload: Buffer): Buffer {
  const length = payload.length;
  const header =
    length < 126
      ? Buffer.of(0x80 | opcode, 0x80 | length)
      : Buffer.of(0x80 | opcode, 0x80 | 126, length >> 8, length & 255);
  const mask = randomBytes(4);
  const masked = Buffer.from(payload.map((byte, index) => byte ^ (mask[index & 3] ?? 0)));
  return Buffer.concat([header, mask, masked]);
}

export const textFrame = (message: object): Buffer => clientFrame(opcodes.text, Buffer.from(JSON.stringify(message)));

/** Where the frame at `start` has its payload, and where it ends; null while it is not complete. */
function frameAt(buffer: Buffer, start: number): { payload: number; end: number } | null {
  if (buffer.length < start + 2) return null;
  const short = (buffer[start + 1] ?? 0) & 127;
  const payload = start + (short < 126 ? 2 : short === 126 ? 4 : 10);
  if (buffer.length < payload) return null;
  const length =
    short < 126 ? short : short === 126 ? buffer.readUInt16BE(start + 2) : Number(buffer.readBigUInt64BE(start + 2));
  return buffer.length < payload + length ? null : { payload, end: payload + length };
}

export type OnFrame = (opcode: number, payload: Buffer) => void;

/** Cuts what a server sends into frames; returns what is left over for the next time. */
export function readFrames(buffer: Buffer, onFrame: OnFrame): Buffer | null {
  let start = 0;
  for (let frame = frameAt(buffer, 0); frame !== null; frame = frameAt(buffer, start)) {
    onFrame((buffer[start] ?? 0) & 15, buffer.subarray(frame.payload, frame.end));
    start = frame.end;
  }
  return start === buffer.length ? null : buffer.subarray(start);
}
