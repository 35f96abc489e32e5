import { restAfter } from '../shared/leisure.ts';
import { sql } from '../shared/sql.ts';
import type { Database } from './database.ts';

/**
 * Messages get their numbers behind the commit that inserted them, by whoever wants to see them in their order: in the
 * order in which they were inserted, after what was numbered before. Each of these is a transaction of its own.
 */

/** What is numbered in one transaction; a few hundred milliseconds. */
const fullBatch = 5000;

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
export async function numberMessages(
  database: Database,
  { batch = fullBatch, ...options }: { batch?: number; withinMs?: number } = {},
): Promise<Numbered> {
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

/** Small, so that the rests between them are short. */
const leisurelyBatch = 500;

/** Numbers what nobody reads or follows. */
export async function numberAtLeisure(database: Database, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    const began = performance.now();
    const { numbered, hasMore, behind } = await numberMessages(database, { batch: leisurelyBatch });
    if (numbered === 0 || !hasMore) return;
    await restAfter(performance.now() - began, behind, stopping);
  }
}

/** What became of sessions whose messages were to be numbered. */
export interface NumberedSessions {
  /** Up to which position of the log each of them goes now. */
  readonly positions: ReadonlyMap<string, number>;
  /** Those that others are about to number, or that have more than a batch. */
  readonly leftOut: readonly string[];
}

/** As the functions of the database tell it; NULL where there was nothing to number. */
export interface NumberedRow {
  readonly numbered: readonly string[] | null;
  readonly positions: readonly number[] | null;
  readonly leftOut: readonly string[] | null;
}

export const numberedOf = ({ numbered, positions, leftOut }: NumberedRow): NumberedSessions => ({
  positions: new Map(numbered?.map((id, index) => [id, Number(positions?.[index])])),
  leftOut: leftOut ?? [],
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
