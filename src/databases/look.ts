import { sql } from '../shared/sql.ts';
import type { Database } from './database.ts';
import { numberedOf, type NumberedRow, type NumberedSessions } from './numbering.ts';

/** Which notes of messages without a number were seen: of all transactions before one, except of those in flight then. */
export interface SeenNotes {
  readonly beforeTransaction: string;
  readonly inFlight: readonly string[];
}

export interface LookAtLog {
  /** All that is committed and visible lies at or below this position, or is not logged yet. */
  readonly horizon: number;
  /** Sessions with events above the position that was asked for. */
  readonly changed: readonly { readonly sessionId: string; readonly lastPosition: number; readonly age: number }[];
  /** Sessions of which messages wait for their numbers, as far as they have not been seen. */
  readonly noted: readonly string[];
  /** Of the newest of those messages, in seconds. */
  readonly notedAge: number | null;
  readonly seenNotes: SeenNotes;
  readonly numbered: NumberedSessions;
}

interface LookRow extends NumberedRow {
  readonly horizon: number;
  readonly changed: readonly string[] | null;
  readonly lastPositions: readonly number[] | null;
  readonly ages: readonly number[] | null;
  readonly noted: readonly string[] | null;
  readonly notedAge: number | null;
  readonly nextTransaction: string;
  readonly inFlight: readonly string[];
}

/**
 * What is in the log above a position, what waits for a number, and numbers for what waits of the followed sessions; in one
 * round trip. `since` null: nothing of the log; `notes` null: no notes.
 */
export async function lookAtLog(
  database: Database,
  since: number | null,
  notes: SeenNotes | null,
  followed: readonly string[],
  options: { withinMs: number },
): Promise<LookAtLog> {
  const [found] = await database.query<LookRow>(
    sql`SELECT horizon, changed, last_positions AS "lastPositions", ages, noted, noted_age AS "notedAge",
        next_transaction::text AS "nextTransaction", in_flight::text[] AS "inFlight", numbered, positions, left_out AS "leftOut"
      FROM scrollback.look(${since}::bigint, ${notes?.beforeTransaction ?? null}::xid8, ${notes?.inFlight ?? []}::text[]::xid8[],
        ${followed}::text[])`,
    options,
  );
  const row = found as LookRow;
  return {
    horizon: row.horizon,
    changed: (row.changed ?? []).map((sessionId, index) => ({
      sessionId,
      lastPosition: Number(row.lastPositions?.[index]),
      age: Number(row.ages?.[index]),
    })),
    noted: row.noted ?? [],
    notedAge: row.notedAge,
    seenNotes: { beforeTransaction: row.nextTransaction, inFlight: row.inFlight },
    numbered: numberedOf(row),
  };
}
