import { hash, timingSafeEqual } from 'node:crypto';
import type { CursorKeys, CursorRealm } from './cursor-keys.ts';
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

/** What makes a cursor one of ours, and whose it is: it opens for the audience that it was sealed for, and nobody else. */
export interface CursorSeal {
  readonly keys: CursorKeys;
  readonly audience: string;
}

const version = 2;
const logKind = 1;
const keysKind = 2;
const headBytes = 2 + 4;
const macBytes = 12;
const tagBytes = 4;
export const fingerprintBytes = 8;
const logPayloadBytes = 4 + 6 + 6 + fingerprintBytes + tagBytes;

const invalid = (): Error =>
  badInput(
    'This cursor is not one of yours. Pass a cursor exactly as an earlier answer gave it to you, or none to start over.',
    { reason: 'CURSOR_INVALID' },
  );

const foreign = (): Error =>
  badInput('This cursor belongs to another list. Use it only where it came from.', { reason: 'CURSOR_INVALID' });

const expired = (): Error =>
  new ScrollbackError('GONE', 'This cursor is too old: its key has been retired. Read the list again from its start.', {
    reason: 'CURSOR_EXPIRED',
  });

/** The second byte: the database in its upper half, the kind of list in its lower. */
const kindIn = (realm: CursorRealm, kind: number): number => (realm << 4) | kind;
const realmOf = (bytes: Buffer): number => (bytes[1] ?? 0) >> 4;

const blockBytes = 64;
const pads = new WeakMap<Buffer, { readonly inner: Buffer; readonly outer: Buffer }>();

/** The secret, filled up to a block, as HMAC mixes it into its two hashes. */
function padsOf(secret: Buffer): { readonly inner: Buffer; readonly outer: Buffer } {
  let known = pads.get(secret);
  if (known === undefined) {
    const padded = (mask: number): Buffer =>
      Buffer.from(Array.from({ length: blockBytes }, (_, index) => (secret[index] ?? 0) ^ mask));
    known = { inner: padded(0x36), outer: padded(0x5c) };
    pads.set(secret, known);
  }
  return known;
}

/**
 * HMAC-SHA256 by its definition, for secrets of at most a block: every row of a page has a cursor, and `createHmac`
 * takes four times as long as two hashes.
 */
function mac(secret: Buffer, body: Buffer, audience: string): Buffer {
  const { inner, outer } = padsOf(secret);
  const first = hash('sha256', Buffer.concat([inner, body, Buffer.from(audience)]), 'buffer');
  return hash('sha256', Buffer.concat([outer, first]), 'buffer').subarray(0, macBytes);
}

let last = { scope: '', tag: Buffer.alloc(0) };

/** Cursors come by the page, all of one list. */
function tagOf(scope: string): Buffer {
  if (last.scope !== scope) last = { scope, tag: hash('sha256', scope, 'buffer').subarray(0, tagBytes) };
  return last.tag;
}

function seal({ keys, audience }: CursorSeal, kind: number, payload: Buffer): string {
  const { id, secret } = keys.current;
  const head = Buffer.of(version, kindIn(keys.realm, kind), 0, 0, 0, 0);
  head.writeUInt32BE(id, 2);
  const body = Buffer.concat([head, payload]);
  return Buffer.concat([body, mac(secret, body, audience)]).toString('base64url');
}

function open({ keys, audience }: CursorSeal, kind: number, cursor: string): Buffer {
  const bytes = bytesOf(cursor);
  if (bytes === null) throw invalid();
  // Before its key is looked up: another database's key would seem to be one that was retired or lost.
  if (realmOf(bytes) !== keys.realm) throw foreign();
  const key = keys.find(bytes.readUInt32BE(2));
  if (key === 'retired') throw expired();
  if (key === 'lost') throw cursorDiverged();
  const body = bytes.subarray(0, -macBytes);
  if (key === 'unknown' || !timingSafeEqual(bytes.subarray(-macBytes), mac(key.secret, body, audience))) {
    throw invalid();
  }
  if (body[1] !== kindIn(keys.realm, kind)) throw foreign();
  return body.subarray(headBytes);
}

/** Decoding is lenient: a second spelling of the same bytes is not a cursor that we gave out. */
function bytesOf(cursor: string): Buffer | null {
  const bytes = Buffer.from(cursor, 'base64url');
  const ours = bytes.length >= headBytes + macBytes && bytes[0] === version && bytes.toString('base64url') === cursor;
  return ours ? bytes : null;
}

/** The id of the key that the cursor says it was sealed with; null for what is no cursor. */
export const keyIdOf = (cursor: string): number | null => bytesOf(cursor)?.readUInt32BE(2) ?? null;

/** `scope` names the log: a session's id, or what stands for the whole. */
export function encodeLogCursor(sealing: CursorSeal, scope: string, cursor: LogCursor): string {
  const payload = Buffer.alloc(logPayloadBytes);
  payload.writeUInt32BE(cursor.epoch, 0);
  payload.writeUIntBE(cursor.number, 4, 6);
  payload.writeUIntBE(cursor.position, 10, 6);
  cursor.fingerprint.copy(payload, 16, 0, fingerprintBytes);
  tagOf(scope).copy(payload, 16 + fingerprintBytes);
  return seal(sealing, logKind, payload);
}

/** With `scope` undefined the cursor of any log of the database will do. */
export function decodeLogCursor(sealing: CursorSeal, scope: string | undefined, cursor: string): LogCursor {
  const payload = open(sealing, logKind, cursor);
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
export function encodeKeysCursor(sealing: CursorSeal, scope: string, values: readonly string[]): string {
  return seal(sealing, keysKind, Buffer.from(JSON.stringify([tagOf(scope).toString('base64url'), ...values])));
}

export function decodeKeysCursor(sealing: CursorSeal, scope: string, cursor: string): string[] {
  const [tag, ...values] = JSON.parse(open(sealing, keysKind, cursor).toString()) as string[];
  if (tag !== tagOf(scope).toString('base64url')) throw foreign();
  return values;
}

export const sameFingerprint = (chain: Buffer, fingerprint: Buffer): boolean =>
  chain.subarray(0, fingerprintBytes).equals(fingerprint);

/** Numbers may be reused for other rows after a restore or a failover to an older copy; that is said, never skipped over. */
export const cursorDiverged = (details: Readonly<Record<string, unknown>> = {}): ScrollbackError =>
  new ScrollbackError(
    'GONE',
    'The history that this cursor was made from is no longer there: the database was restored or failed over to an older copy. Read the list again from its start.',
    { reason: 'CURSOR_DIVERGED', ...details },
  );
