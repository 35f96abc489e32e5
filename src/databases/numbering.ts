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
}

/** Numbers what is committed, up to one batch. */
export async function numberMessages(database: Database, options: { withinMs?: number } = {}): Promise<Numbered> {
  const [found] = await database.query<Numbered>(
    sql`SELECT numbered, has_more AS "hasMore", left_out AS "leftOut" FROM scrollback.number_messages(${batch})`,
    options,
  );
  return found ?? { numbered: 0, hasMore: false, leftOut: false };
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

/** Numbers the messages of these sessions. */
export async function numberSessions(database: Database, sessionIds: readonly string[]): Promise<void> {
  await database.query(sql`SELECT scrollback.number_sessions(${sessionIds}::text[])`);
}

/** Numbers the messages of these messages' sessions; whether one of them had no number. */
export async function numberSessionsOf(database: Database, messageIds: readonly string[]): Promise<boolean> {
  const [found] = await database.query<{ found: boolean }>(
    sql`SELECT scrollback.number_sessions_of(${messageIds}::text[]) AS found`,
  );
  return found?.found ?? false;
}
