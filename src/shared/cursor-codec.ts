import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { badInput, ScrollbackError } from './errors.ts';

/** A place in a log: right after the row with this number. Number 0 is the place before the first row. */
export interface LogCursor {
  readonly epoch: number;
  readonly number: number;
  /** Where the row stands among the rows of all sessions; equals `number` in a log that is one for all. */
  readonly position: number;
  /** First bytes of the row's chain value: tells the row from another one that got its number after a failover. */
  readonly fingerprint: Buffer;
}

const version = 1;
const logKind = 1;
const keysKind = 2;
const macBytes = 12;
const tagBytes = 4;
export const fingerprintBytes = 8;
const logPayloadBytes = 4 + 6 + 6 + fingerprintBytes + tagBytes;

const invalid = (): Error =>
  badInput(
    'This cursor is not one of ours. Pass a cursor exactly as an earlier answer gave it, or none to start over.',
    {
      reason: 'CURSOR_INVALID',
    },
  );

const foreign = (): Error =>
  badInput('This cursor belongs to another list. Use it only where it came from.', { reason: 'CURSOR_INVALID' });

const mac = (key: Buffer, body: Buffer): Buffer =>
  createHmac('sha256', key).update(body).digest().subarray(0, macBytes);

const tagOf = (scope: string): Buffer => createHash('sha256').update(scope).digest().subarray(0, tagBytes);

function seal(key: Buffer, kind: number, payload: Buffer): string {
  const body = Buffer.concat([Buffer.of(version, kind), payload]);
  return Buffer.concat([body, mac(key, body)]).toString('base64url');
}

function open(key: Buffer, kind: number, cursor: string): Buffer {
  const bytes = Buffer.from(cursor, 'base64url');
  // Decoding is lenient: a second spelling of the same bytes is not a cursor that we gave out.
  if (bytes.length < 2 + macBytes || bytes.toString('base64url') !== cursor) throw invalid();
  const body = bytes.subarray(0, -macBytes);
  if (!timingSafeEqual(bytes.subarray(-macBytes), mac(key, body)) || body[0] !== version) throw invalid();
  if (body[1] !== kind) throw foreign();
  return body.subarray(2);
}

/** `scope` names the log: a session's id, or what stands for the whole. */
export function encodeLogCursor(key: Buffer, scope: string, cursor: LogCursor): string {
  const payload = Buffer.alloc(logPayloadBytes);
  payload.writeUInt32BE(cursor.epoch, 0);
  payload.writeUIntBE(cursor.number, 4, 6);
  payload.writeUIntBE(cursor.position, 10, 6);
  cursor.fingerprint.copy(payload, 16, 0, fingerprintBytes);
  tagOf(scope).copy(payload, 16 + fingerprintBytes);
  return seal(key, logKind, payload);
}

/** With `scope` undefined the cursor of any log of the database will do. */
export function decodeLogCursor(key: Buffer, scope: string | undefined, cursor: string): LogCursor {
  const payload = open(key, logKind, cursor);
  if (payload.length !== logPayloadBytes) throw invalid();
  if (scope !== undefined && !payload.subarray(16 + fingerprintBytes).equals(tagOf(scope))) throw foreign();
  return {
    epoch: payload.readUInt32BE(0),
    number: payload.readUIntBE(4, 6),
    position: payload.readUIntBE(10, 6),
    fingerprint: Buffer.from(payload.subarray(16, 16 + fingerprintBytes)),
  };
}

/** A place in an ordered list: the values of the order's keys, as PostgreSQL prints them. `scope` names list and order. */
export function encodeKeysCursor(key: Buffer, scope: string, values: readonly string[]): string {
  return seal(key, keysKind, Buffer.from(JSON.stringify([tagOf(scope).toString('base64url'), ...values])));
}

export function decodeKeysCursor(key: Buffer, scope: string, cursor: string): string[] {
  const [tag, ...values] = JSON.parse(open(key, keysKind, cursor).toString()) as string[];
  if (tag !== tagOf(scope).toString('base64url')) throw foreign();
  return values;
}

export const sameFingerprint = (chain: Buffer, fingerprint: Buffer): boolean =>
  chain.subarray(0, fingerprintBytes).equals(fingerprint);

/** Numbers may be reused for other rows after a restore or a failover to an older copy; that is said, never skipped over. */
export const cursorDiverged = (): ScrollbackError =>
  new ScrollbackError(
    'GONE',
    'The history that this cursor was made from is no longer there: the database was restored or failed over to an older copy. Read the list again from its start.',
    { reason: 'CURSOR_DIVERGED' },
  );
