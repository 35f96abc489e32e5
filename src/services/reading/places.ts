import {
  cursorDiverged,
  decodeKeysCursor,
  decodeLogCursor,
  encodeKeysCursors,
  encodeLogCursor,
  encodeLogCursors,
  fingerprintBytes,
  sameFingerprint,
  type CursorSeal,
  type LogCursor,
} from '../../shared/cursor-codec.ts';
import type { ScrollbackError } from '../../shared/errors.ts';
import type { Database } from '../../databases/database.ts';
import { logIdentityOf, type LogIdentity } from '../../databases/log-identity.ts';
import { audienceOf, type Viewer } from '../identity/viewer.ts';
import type { Order, Source } from './source.ts';
import { lastOfLog, logRow } from './statements.ts';

/** A list whose rows have places: a source in one order, under one parent, as one viewer sees it. */
export interface PlacesOf {
  readonly source: Source;
  readonly orderName: string;
  readonly order: Order;
  readonly parentKey: string | null;
  readonly viewer: Viewer;
}

/** Turns rows into cursors and cursors into places. */
export class Places {
  readonly #source: Source;
  readonly #scope: string;
  readonly #parentKey: string | null;
  readonly #epoch: number;
  readonly #seal: CursorSeal;

  private constructor(list: PlacesOf, { epoch, keys }: LogIdentity) {
    const { source, orderName, parentKey, viewer } = list;
    this.#source = source;
    this.#parentKey = parentKey;
    this.#epoch = epoch;
    this.#seal = { keys, audience: audienceOf(viewer) };
    this.#scope = source.log === undefined ? `${source.name} ${orderName}` : logScope(source, parentKey);
  }

  /** Knows the keys of the cursors that will be asked about, where they are known at all. */
  static async of(database: Database, list: PlacesOf, cursors: readonly (string | null)[]): Promise<Places> {
    let identity = await logIdentityOf(database);
    for (const cursor of cursors) if (cursor !== null) identity = await logIdentityOf(database, cursor);
    return new Places(list, identity);
  }

  /** The cursors of rows, each given by what stands under `placeNames` in it. */
  cursorsOf(places: readonly (readonly unknown[])[]): readonly string[] {
    if (this.#source.log === undefined)
      return encodeKeysCursors(
        this.#seal,
        this.#scope,
        places.map((place) => place.map(String)),
      );
    return encodeLogCursors(
      this.#seal,
      this.#scope,
      places.map(([number, chain, position = number]) => ({
        epoch: this.#epoch,
        number: Number(number),
        position: Number(position),
        fingerprint: chain as Buffer | string,
      })),
    );
  }

  /** The place before the first row of a log; null where lists have no such place. */
  startCursor(): string | null {
    if (this.#source.log === undefined) return null;
    return encodeLogCursor(this.#seal, this.#scope, startOfLog(this.#epoch));
  }

  /** The order's key values that a cursor stands for. A log's cursor must still name the row that it was made from. */
  async placeOf(database: Database, cursor: string | null): Promise<readonly string[] | null> {
    if (cursor === null) return null;
    if (this.#source.log === undefined) return decodeKeysCursor(this.#seal, this.#scope, cursor);
    const place = decodeLogCursor(this.#seal, this.#scope, cursor);
    if (place.epoch !== this.#epoch || !(await this.#stillNames(database, place))) {
      throw await this.diverged(database);
    }
    return [String(place.number)];
  }

  /** That the history is another one, with where to read on and how far it counts by now. */
  async diverged(database: Database): Promise<ScrollbackError> {
    return cursorDiverged({
      resumeFrom: this.startCursor(),
      lastSequence: await lastSequence(database, this.#source, this.#parentKey),
    });
  }

  /** Whether the log still has the row that the cursor was made from: numbers may be reused after a restore. */
  async #stillNames(database: Database, { number, fingerprint }: LogCursor): Promise<boolean> {
    if (number === 0) return true;
    const [row] = await database.query<{ chain: Buffer }>(logRow(this.#source, number, this.#parentKey));
    return row !== undefined && sameFingerprint(row.chain, fingerprint);
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

/** How far a log counts by now, so that a client can tell what it has that is no longer there. */
async function lastSequence(database: Database, source: Source, scope: string | null): Promise<number | null> {
  const [row] = await database.query<{ last: number | null }>(lastOfLog(source, scope));
  return row?.last ?? null;
}
