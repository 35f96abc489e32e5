/** What PostgreSQL's streaming replication protocol wraps around the decoded changes, and what it wants to hear. */
export interface ReplicationMessage {
  readonly position: bigint;
  /** null in a keep-alive message. */
  readonly data: Buffer | null;
  readonly wantsReply: boolean;
}

const xLogData = 0x77;
const keepAlive = 0x6b;
const statusUpdate = 0x72;
const millennium = Date.UTC(2000, 0, 1);

export function readReplication(chunk: Buffer): ReplicationMessage {
  if (chunk[0] === xLogData) return { position: chunk.readBigUInt64BE(1), data: chunk.subarray(25), wantsReply: false };
  if (chunk[0] === keepAlive)
    return { position: chunk.readBigUInt64BE(1), data: null, wantsReply: chunk.readUInt8(17) === 1 };
  return { position: 0n, data: null, wantsReply: false };
}

/** Everything up to the position may be forgotten; we want nothing again. */
export function acknowledgement(position: bigint, now = Date.now()): Buffer {
  const message = Buffer.alloc(34);
  message.writeUInt8(statusUpdate, 0);
  for (const at of [1, 9, 17]) message.writeBigUInt64BE(position, at);
  message.writeBigInt64BE(BigInt(now - millennium) * 1000n, 25);
  return message;
}
