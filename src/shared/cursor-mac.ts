import { createCipheriv, hash, type Cipheriv } from 'node:crypto';

const blockBytes = 16;
/** Every message has this length: for messages of one length CBC-MAC is a MAC, for others it would not be. */
export const messageBytes = 2 * blockBytes;
export const macBytes = 12;
/** How far the MACs of messages are apart. */
export const macStride = blockBytes;

const ciphers = new WeakMap<Buffer, Cipheriv>();

/** In ECB mode a cipher has no state from block to block, so one serves for good. */
function cipherOf(secret: Buffer): Cipheriv {
  let cipher = ciphers.get(secret);
  if (cipher === undefined) {
    const key = hash('sha256', Buffer.concat([Buffer.from('scrollback cursor\0'), secret]), 'buffer');
    ciphers.set(secret, (cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false)));
  }
  return cipher;
}

/**
 * CBC-MAC with AES-256 of a block that says what for, the context, and a message; for many messages at once, one after
 * the other in `messages`. Gives a block for each, of which the first `macBytes` count. Every row of a page has a cursor:
 * this asks the crypto library three times for a page, HMAC would twice for each row.
 */
export function macsOf(secret: Buffer, context: string, messages: Buffer): Buffer {
  const cipher = cipherOf(secret);
  const first = cipher.update(hashOf(context, blockBytes));
  const chained = Buffer.allocUnsafe((messages.length / messageBytes) * blockBytes);
  chain(chained, first, 0, messages, 0);
  chain(chained, cipher.update(chained), blockBytes, messages, blockBytes);
  return cipher.update(chained);
}

/** Into each block the exclusive or of the block before, one for all or `stride` apart, and of the message's block. */
function chain(into: Buffer, before: Buffer, stride: number, messages: Buffer, from: number): void {
  const [target, previous, message] = [viewOf(into), viewOf(before), viewOf(messages)];
  for (let block = 0, at = 0; at < into.length; block += 1) {
    for (let word = 0; word < blockBytes; word += 4, at += 4) {
      const plain = message.getInt32(block * messageBytes + from + word);
      target.setInt32(at, previous.getInt32(block * stride + word) ^ plain);
    }
  }
}

/** First bytes of its SHA-256. By way of a text this takes half the time of asking for a buffer. */
export const hashOf = (data: string | Buffer, bytes: number): Buffer =>
  Buffer.from(hash('sha256', data, 'binary').slice(0, bytes), 'binary');

/** Numbers are written and read through it without a call for each. */
export const viewOf = ({ buffer, byteOffset, length }: Buffer): DataView => new DataView(buffer, byteOffset, length);
