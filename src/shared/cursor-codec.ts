import { timingSafeEqual } from 'node:crypto';
import type { CursorKeys, CursorRealm } from './cursor-keys.ts';
import { hashOf, macBytes, macsOf, macStride, messageBytes, viewOf } from './cursor-mac.ts';
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

/** A place whose fingerprint may be in hexadecimal digits, as PostgreSQL prints it: `\\x…`. */
export type PlaceToSeal = Omit<LogCursor, 'fingerprint'> & { readonly fingerprint: Buffer | string };

/** What makes a cursor one of ours, and whose it is: it opens for the audience that it was sealed for, and nobody else. */
export interface CursorSeal {
  readonly keys: CursorKeys;
  readonly audience: string;
}

const version = 2;
const logKind = 1;
const keysKind = 2;
const keyAt = 2;
const headBytes = keyAt + 4;
const tagBytes = 4;
export const fingerprintBytes = 8;
const logPayloadBytes = 4 + 6 + 6 + fingerprintBytes + tagBytes;
const logCursorBytes = headBytes + logPayloadBytes + macBytes;

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
const kindMask = 0x0f;
const realmOf = (bytes: Buffer): number => (bytes[1] ?? 0) >> 4;

let last: { readonly scope: string; readonly tag: Buffer } = { scope: '', tag: Buffer.alloc(0) };

/** Cursors come by the page, all of one list. */
function tagOf(scope: string): Buffer {
  if (last.scope !== scope) last = { scope, tag: hashOf(scope, tagBytes) };
  return last.tag;
}

/** What a MAC holds for besides its message, and for nothing else. */
const contextOf = (realm: CursorRealm, kind: number, audience: string): string =>
  `${version} ${kindIn(realm, kind)} ${audience}`;

function writeHead(bytes: Buffer, { keys }: CursorSeal, kind: number): void {
  bytes[0] = version;
  bytes[1] = kindIn(keys.realm, kind);
  bytes.writeUInt32BE(keys.current.id, keyAt);
}

/** What is signed of a body besides its context: a log's as it is, others, which are of any length, by their hash. */
function messageOf(kind: number, body: Buffer): Buffer {
  return kind === logKind ? body.subarray(keyAt) : hashOf(body.subarray(keyAt), messageBytes);
}

function macOf(secret: Buffer, { keys, audience }: CursorSeal, kind: number, body: Buffer): Buffer {
  const message = messageOf(kind, body);
  return macsOf(secret, contextOf(keys.realm, kind, audience), message).subarray(0, macBytes);
}

function open(sealing: CursorSeal, kind: number, cursor: string): Buffer {
  const { keys } = sealing;
  const bytes = bytesOf(cursor);
  if (bytes === null) throw invalid();
  // Before its key is looked up: another database's key would seem to be one that was retired or lost.
  if (realmOf(bytes) !== keys.realm) throw foreign();
  const key = keys.find(bytes.readUInt32BE(keyAt));
  if (key === 'retired') throw expired();
  if (key === 'lost') throw cursorDiverged();
  const body = bytes.subarray(0, -macBytes);
  const sealedKind = (bytes[1] ?? 0) & kindMask;
  const isLog = sealedKind === logKind;
  if (key === 'unknown' || (isLog && body.length !== headBytes + logPayloadBytes)) throw invalid();
  if (!timingSafeEqual(bytes.subarray(-macBytes), macOf(key.secret, sealing, sealedKind, body))) throw invalid();
  if (sealedKind !== kind) throw foreign();
  return body.subarray(headBytes);
}

/** Decoding is lenient: a second spelling of the same bytes is not a cursor that we gave out. */
function bytesOf(cursor: string): Buffer | null {
  const bytes = Buffer.from(cursor, 'base64url');
  const ours = bytes.length >= headBytes + macBytes && bytes[0] === version && bytes.toString('base64url') === cursor;
  return ours ? bytes : null;
}

/** The id of the key that the cursor says it was sealed with; null for what is no cursor. */
export const keyIdOf = (cursor: string): number | null => bytesOf(cursor)?.readUInt32BE(keyAt) ?? null;

/**
 * The cursors of places in one log, sealed together, because every row of a page has one. `scope` names the log: a
 * session's id, or what stands for the whole.
 */
export function encodeLogCursors(sealing: CursorSeal, scope: string, places: readonly PlaceToSeal[]): string[] {
  const { keys, audience } = sealing;
  const messages = Buffer.allocUnsafe(places.length * messageBytes);
  const view = viewOf(messages);
  const tag = tagOf(scope).readInt32BE();
  places.forEach(({ epoch, number, position, fingerprint }, index) => {
    const at = index * messageBytes;
    view.setUint32(at, keys.current.id);
    view.setUint32(at + 4, epoch);
    setUint48(view, at + 8, number);
    setUint48(view, at + 14, position);
    view.setInt32(at + 20, wordOf(fingerprint, 0));
    view.setInt32(at + 24, wordOf(fingerprint, 4));
    view.setInt32(at + 28, tag);
  });
  const macs = macsOf(keys.current.secret, contextOf(keys.realm, logKind, audience), messages);
  return spelled(places.length, kindIn(keys.realm, logKind), view, viewOf(macs));
}

/** In steps that base64 needs no rest of, so that the text of all can be cut into those of each. */
const logCursorStride = Math.ceil(logCursorBytes / 3) * 3;
const textStride = (logCursorStride / 3) * 4;
const textLength = Math.ceil((logCursorBytes * 8) / 6);

function spelled(count: number, kind: number, messages: DataView, macs: DataView): string[] {
  const bytes = Buffer.allocUnsafe(count * logCursorStride);
  const view = viewOf(bytes);
  for (let index = 0; index < count; index += 1) {
    const at = index * logCursorStride;
    view.setUint16(at, (version << 8) | kind);
    copyWords(view, at + keyAt, messages, index * messageBytes, messageBytes);
    copyWords(view, at + keyAt + messageBytes, macs, index * macStride, macBytes);
    view.setUint16(at + logCursorBytes, 0);
  }
  const text = bytes.toString('base64url');
  const cursors: string[] = [];
  for (let at = 0; at < text.length; at += textStride) cursors.push(text.slice(at, at + textLength));
  return cursors;
}

function copyWords(to: DataView, toAt: number, from: DataView, fromAt: number, length: number): void {
  for (let byte = 0; byte < length; byte += 4) to.setInt32(toAt + byte, from.getInt32(fromAt + byte));
}

function setUint48(view: DataView, at: number, value: number): void {
  const high = Math.floor(value / 2 ** 32);
  view.setUint16(at, high);
  view.setUint32(at + 2, value - high * 2 ** 32);
}

/** Four bytes of it. */
function wordOf(fingerprint: Buffer | string, at: number): number {
  if (typeof fingerprint !== 'string') return fingerprint.readInt32BE(at);
  let word = 0;
  const from = 2 + 2 * at;
  for (let digit = from; digit < from + 8; digit += 1) word = (word << 4) | digitOf(fingerprint.charCodeAt(digit));
  return word;
}

/** What a hexadecimal digit stands for; letters begin at 97. */
const digitOf = (code: number): number => (code < 97 ? code - 48 : code - 87);

export const encodeLogCursor = (sealing: CursorSeal, scope: string, place: LogCursor): string =>
  encodeLogCursors(sealing, scope, [place])[0] as string;

/** With `scope` undefined the cursor of any log of the database will do. */
export function decodeLogCursor(sealing: CursorSeal, scope: string | undefined, cursor: string): LogCursor {
  const payload = open(sealing, logKind, cursor);
  if (scope !== undefined && !payload.subarray(16 + fingerprintBytes).equals(tagOf(scope))) throw foreign();
  return {
    epoch: payload.readUInt32BE(0),
    number: payload.readUIntBE(4, 6),
    position: payload.readUIntBE(10, 6),
    fingerprint: Buffer.from(payload.subarray(16, 16 + fingerprintBytes)),
  };
}

/**
 * The cursors of places in an ordered list, each the values of the order's keys, as PostgreSQL prints them. `scope`
 * names list and order.
 */
export function encodeKeysCursors(
  sealing: CursorSeal,
  scope: string,
  places: readonly (readonly string[])[],
): string[] {
  const tag = tagOf(scope).toString('base64url');
  const all = places.map((values) => {
    const payload = JSON.stringify([tag, ...values]);
    const bytes = Buffer.allocUnsafe(headBytes + Buffer.byteLength(payload) + macBytes);
    writeHead(bytes, sealing, keysKind);
    bytes.write(payload, headBytes);
    return bytes;
  });
  const messages = Buffer.concat(all.map((bytes) => messageOf(keysKind, bytes.subarray(0, -macBytes))));
  const { keys, audience } = sealing;
  const macs = macsOf(keys.current.secret, contextOf(keys.realm, keysKind, audience), messages);
  return all.map((bytes, index) => {
    macs.copy(bytes, bytes.length - macBytes, index * macStride, index * macStride + macBytes);
    return bytes.toString('base64url');
  });
}

export const encodeKeysCursor = (sealing: CursorSeal, scope: string, values: readonly string[]): string =>
  encodeKeysCursors(sealing, scope, [values])[0] as string;

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
