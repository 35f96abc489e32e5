import { sleep } from '../shared/backoff.ts';
import { sql } from '../shared/sql.ts';
import type { Database } from './database.ts';

/**
 * Messages get their numbers behind the commit that inserted them, by whoever wants to see them in their order: in the
 * order in which they were inserted, after what was numbered before. Each of these is a transaction of its own.
 */

/** What is numbered in one transaction; a few hundred milliseconds. */
const batch = 5000;

interface Numbered {
  readonly numbered: number;
  /** Whether there may be more than a batch. */
  readonly hasMore: boolean;
  /** Whether sessions were left out whose locks others hold, mostly for the moment of a commit. */
  readonly leftOut: boolean;
  /** How many messages were inserted after the last that was numbered. */
  readonly behind: number;
}

/** Numbers what is committed, up to one batch. */
export async function numberMessages(database: Database, options: { withinMs?: number } = {}): Promise<Numbered> {
  const [found] = await database.query<Numbered>(
    sql`SELECT numbered, has_more AS "hasMore", left_out AS "leftOut", behind FROM scrollback.number_messages(${batch})`,
    options,
  );
  return found ?? { numbered: 0, hasMore: false, leftOut: false, behind: 0 };
}

/** So that one call ends, however fast others write. */
const maxBatches = 100;

/** Numbers all that is committed. */
export async function numberAllMessages(database: Database): Promise<void> {
  for (let number = 0; number < maxBatches; number += 1) {
    const { hasMore } = await numberMessages(database);
    if (!hasMore) return;
  }
}

/** Which part of the time is spent on numbers that nobody waits for, while they are not far behind. */
const leisurelyShare = 0.1;
/** Searches look through messages without numbers one by one. */
const farBehind = 10_000;

/** Numbers what nobody reads or follows, beside services that write, which come first. */
export async function numberAtLeisure(database: Database, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    const began = performance.now();
    const { numbered, hasMore, behind } = await numberMessages(database);
    if (numbered === 0) return;
    if (behind < farBehind) await sleep((performance.now() - began) * (1 / leisurelyShare - 1), stopping);
    if (!hasMore) return;
  }
}

/** What was looked at: transactions before the first are, except those that were in flight. */
export interface Noted {
  readonly since: string;
  readonly inFlight: readonly string[];
}

export const nothingLookedAt: Noted = { since: '0', inFlight: [] };

/** Sessions with messages that have had no number since, as far as they are committed. */
export async function notedSessions(
  database: Database,
  { since, inFlight }: Noted,
  options: { withinMs?: number } = {},
): Promise<{ readonly sessionIds: readonly string[]; readonly noted: Noted }> {
  const [found] = await database.query<{ sessionIds: string[] } & Noted>(
    sql`SELECT session_ids AS "sessionIds", next_transaction::text AS since, in_flight::text[] AS "inFlight"
      FROM scrollback.noted_sessions(${since}::xid8, ${inFlight}::text[]::xid8[])`,
    options,
  );
  return found === undefined
    ? { sessionIds: [], noted: nothingLookedAt }
    : { sessionIds: found.sessionIds, noted: found };
}

/** What became of sessions whose messages were to be numbered. */
export interface NumberedSessions {
  /** Up to which position of the log each of them goes now. */
  readonly positions: ReadonlyMap<string, number>;
  /** Those that others are about to number, or that have more than a batch. */
  readonly leftOut: readonly string[];
}

interface NumberedRow {
  readonly numbered: readonly string[];
  readonly positions: readonly number[];
  readonly leftOut: readonly string[];
}

const numberedOf = ({ numbered, positions, leftOut }: NumberedRow): NumberedSessions => ({
  positions: new Map(numbered.map((id, index) => [id, Number(positions[index])])),
  leftOut,
});

/** Numbers the messages of those of these sessions that nobody else is about to number. */
export async function numberFreeSessions(
  database: Database,
  sessionIds: readonly string[],
  options: { withinMs?: number } = {},
): Promise<NumberedSessions> {
  const [found] = await database.query<NumberedRow>(
    sql`SELECT numbered, positions, left_out AS "leftOut" FROM scrollback.number_free_sessions(${sessionIds}::text[])`,
    options,
  );
  return numberedOf(found as NumberedRow);
}

/** The sessions that were noted, and numbers for the messages of those of them that are among these. */
export async function numberFollowedSessions(
  database: Database,
  { since, inFlight }: Noted,
  followed: readonly string[],
  options: { withinMs?: number } = {},
): Promise<NumberedSessions & { readonly sessionIds: readonly string[]; readonly noted: Noted }> {
  const [found] = await database.query<NumberedRow & Noted & { sessionIds: string[] }>(
    sql`SELECT noted AS "sessionIds", next_transaction::text AS since, in_flight::text[] AS "inFlight", numbered, positions,
        left_out AS "leftOut"
      FROM scrollback.number_followed_sessions(${since}::xid8, ${inFlight}::text[]::xid8[], ${followed}::text[])`,
    options,
  );
  const row = found as NonNullable<typeof found>;
  return { ...numberedOf(row), sessionIds: row.sessionIds, noted: { since: row.since, inFlight: row.inFlight } };
}

/** After a very large import the rest is left to the chore. */
const maxRounds = 20;

/**
 * Numbers the messages of these sessions, each batch in a transaction of its own, so that nobody waits for all of a large
 * import. Sessions that somebody else is about to number are waited for, a second at most.
 */
export async function numberSessions(database: Database, sessionIds: readonly string[]): Promise<void> {
  let { leftOut } = await numberFreeSessions(database, sessionIds);
  for (let round = 0; leftOut.length > 0 && round < maxRounds; round += 1) {
    const [held] = await database.query<{ had: boolean }>(
      sql`SELECT scrollback.number_held_sessions(${leftOut}::text[]) AS had`,
    );
    ({ leftOut } = await numberFreeSessions(database, leftOut));
    if (held?.had !== true) return;
  }
}

/**
 * Numbers the messages of these messages' sessions, which a reader has not found. Whether it is worth reading again: one of
 * them is there, and had no number, or has been given it since.
 */
export async function numberSessionsOf(database: Database, messageIds: readonly string[]): Promise<boolean> {
  const [found] = await database.query<{ sessionIds: string[]; areThere: boolean }>(
    sql`SELECT scrollback.noted_sessions_of(${messageIds}::text[]) AS "sessionIds",
      EXISTS (SELECT FROM public.messages WHERE id = ANY (${messageIds}::text[])) AS "areThere"`,
  );
  if (found === undefined || !found.areThere) return false;
  if (found.sessionIds.length > 0) await numberSessions(database, found.sessionIds);
  return true;
}
