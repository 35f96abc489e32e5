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
  const first = cipher.update(hash('sha256', context, 'buffer').subarray(0, blockBytes));
  const count = messages.length / messageBytes;
  const chained = Buffer.allocUnsafe(count * blockBytes);
  for (let message = 0; message < count; message += 1) {
    for (let byte = 0; byte < blockBytes; byte += 1) {
      chained[message * blockBytes + byte] =
        (first[byte] as number) ^ (messages[message * messageBytes + byte] as number);
    }
  }
  const second = cipher.update(chained);
  for (let message = 0; message < count; message += 1) {
    for (let byte = 0; byte < blockBytes; byte += 1) {
      chained[message * blockBytes + byte] =
        (second[message * blockBytes + byte] as number) ^
        (messages[message * messageBytes + blockBytes + byte] as number);
    }
  }
  return cipher.update(chained);
}
