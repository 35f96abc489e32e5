import {
  cursorDiverged,
  decodeKeysCursor,
  decodeLogCursor,
  encodeKeysCursor,
  encodeLogCursor,
  fingerprintBytes,
  sameFingerprint,
  type LogCursor,
} from '../../shared/cursor-codec.ts';
import type { Database } from '../../databases/database.ts';
import { logIdentityOf, type LogIdentity } from '../../databases/log-identity.ts';
import type { Order, Row, Source } from './source.ts';
import { logRow } from './statements.ts';

/** Turns rows into cursors and cursors into places, for one source in one order under one parent. */
export class Places {
  readonly #source: Source;
  readonly #order: Order;
  readonly #scope: string;
  readonly #parentKey: string | null;
  readonly #identity: LogIdentity;

  private constructor(
    source: Source,
    orderName: string,
    order: Order,
    parentKey: string | null,
    identity: LogIdentity,
  ) {
    this.#source = source;
    this.#order = order;
    this.#parentKey = parentKey;
    this.#identity = identity;
    this.#scope = source.log === undefined ? `${source.name} ${orderName}` : logScope(source, parentKey);
  }

  static async of(
    database: Database,
    source: Source,
    orderName: string,
    order: Order,
    parentKey: string | null,
  ): Promise<Places> {
    return new Places(source, orderName, order, parentKey, await logIdentityOf(database));
  }

  cursorOf(row: Row): string {
    const { cursorKey, epoch } = this.#identity;
    if (this.#source.log === undefined) {
      return encodeKeysCursor(
        cursorKey,
        this.#scope,
        this.#order.keys.map((_, index) => String(row[`__place${index}`])),
      );
    }
    return encodeLogCursor(cursorKey, this.#scope, {
      epoch,
      number: Number(row['__number']),
      position: Number(row['__position']),
      fingerprint: row['__chain'] as Buffer,
    });
  }

  /** The place before the first row of a log; null where lists have no such place. */
  startCursor(): string | null {
    if (this.#source.log === undefined) return null;
    return encodeLogCursor(this.#identity.cursorKey, this.#scope, startOfLog(this.#identity.epoch));
  }

  /** The order's key values that a cursor stands for. A log's cursor must still name the row that it was made from. */
  async placeOf(database: Database, cursor: string | null): Promise<readonly string[] | null> {
    if (cursor === null) return null;
    if (this.#source.log === undefined) return decodeKeysCursor(this.#identity.cursorKey, this.#scope, cursor);
    const place = decodeLogCursor(this.#identity.cursorKey, this.#scope, cursor);
    await verifyLogCursor(database, this.#source, place, this.#parentKey, this.#identity.epoch);
    return [String(place.number)];
  }
}

const startOfLog = (epoch: number): LogCursor => ({
  epoch,
  number: 0,
  position: 0,
  fingerprint: Buffer.alloc(fingerprintBytes),
});

/** What the cursors of a source's log are bound to. */
export const logScope = (source: Source, parentKey: string | null): string => `${source.name} ${parentKey ?? ''}`;

/** Throws when the log no longer has the row that the cursor was made from: numbers may be reused after a restore. */
async function verifyLogCursor(
  database: Database,
  source: Source,
  cursor: LogCursor,
  scope: string | null,
  epoch: number,
): Promise<void> {
  if (cursor.epoch === epoch && cursor.number === 0) return;
  const rows = await database.query<{ chain: Buffer }>(logRow(source, cursor.number, scope));
  if (cursor.epoch === epoch && rows[0] !== undefined && sameFingerprint(rows[0].chain, cursor.fingerprint)) return;
  throw cursorDiverged();
}
