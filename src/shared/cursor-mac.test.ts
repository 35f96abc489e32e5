import { createCipheriv, createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { macsOf, macStride, messageBytes } from './cursor-mac.ts';

const [secret, other] = [Buffer.from('one secret'), Buffer.from('another secret')];
const messageOf = (seed: string): Buffer => createHash('sha256').update(seed).digest();

/** CBC-MAC as the crypto library would make it: the last block of the message in CBC mode from a block of zeros on. */
function macBy(key: Buffer, context: string, message: Buffer): Buffer {
  const derived = createHash('sha256').update('scrollback cursor\0').update(key).digest();
  const cipher = createCipheriv('aes-256-cbc', derived, Buffer.alloc(16)).setAutoPadding(false);
  const what = createHash('sha256').update(context).digest().subarray(0, 16);
  return Buffer.concat([cipher.update(what), cipher.update(message), cipher.final()]).subarray(-16);
}

it('is the CBC-MAC of each of many messages, time and again', () => {
  const messages = ['a', 'b', 'c'].map(messageOf);
  for (const key of [secret, other, secret]) {
    for (const context of ['', 'sessions of anna']) {
      const macs = macsOf(key, context, Buffer.concat(messages));
      expect(macs).toHaveLength(3 * macStride);
      messages.forEach((message, index) => {
        expect(macs.subarray(index * macStride, (index + 1) * macStride)).toEqual(macBy(key, context, message));
      });
    }
  }
});

it('of no message is none', () => {
  expect(messageBytes).toBe(32);
  expect(macsOf(secret, 'nothing', Buffer.alloc(0))).toHaveLength(0);
});
