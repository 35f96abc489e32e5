import { expect, test } from 'vitest';
import { acknowledgement, readReplication } from './replication-messages.ts';

const position = 0x1_0000_0002n;

function message(kind: string, length: number): Buffer {
  const chunk = Buffer.alloc(length);
  chunk.write(kind);
  chunk.writeBigUInt64BE(position, 1);
  return chunk;
}

test('data lies behind the position, the end of the log and the time', () => {
  const chunk = Buffer.concat([message('w', 25), Buffer.from('the row')]);
  // Where a keep-alive message asks for a reply.
  chunk[17] = 1;
  expect(readReplication(chunk)).toEqual({ position, data: Buffer.from('the row'), wantsReply: false });
});

test.each([
  [1, true],
  [0, false],
])('a keep-alive message with %i wants a reply: %s', (flag, wantsReply) => {
  const chunk = message('k', 18);
  chunk[17] = flag;
  expect(readReplication(chunk)).toEqual({ position, data: null, wantsReply });
});

test('anything else says nothing', () => {
  expect(readReplication(message('x', 40))).toEqual({ position: 0n, data: null, wantsReply: false });
});

test('what is written, flushed and applied is acknowledged, in microseconds since 2000', () => {
  const bytes = acknowledgement(position, Date.UTC(2000, 0, 1, 0, 0, 1));
  const numbers = [1, 9, 17, 25].map((at) => bytes.readBigInt64BE(at));
  expect([bytes.length, bytes.toString('latin1', 0, 1), numbers, bytes[33]]).toEqual([
    34,
    'r',
    [position, position, position, 1_000_000n],
    0,
  ]);
});
