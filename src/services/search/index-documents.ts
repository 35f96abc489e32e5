import type { Database } from '../../databases/database.ts';
import { numberAllMessages } from '../../databases/numbering.ts';
import { restAfter } from '../../shared/leisure.ts';
import { sql } from '../../shared/sql.ts';

/** So that one call ends, however fast others write. */
const maxRounds = 100;

interface Round {
  readonly taken: number;
  /** How many events the log had beyond what was taken before this round. */
  readonly behind: number;
}

/**
 * Takes all that is committed and not in the search index into it, `batch` events at a time. Returns how many events it
 * took.
 */
export async function indexDocuments(database: Database, batch: number): Promise<number> {
  await numberAllMessages(database);
  return inRounds(database, batch, () => Promise.resolve(true));
}

/**
 * The same of what is numbered, beside services that write, which come first: what is not in the index yet is found as
 * well, only not as fast. So the work of a burst is done after it, unless that would make searches slow.
 */
export const indexAtLeisure = (database: Database, batch: number, stopping: AbortSignal): Promise<number> =>
  inRounds(database, batch, async ({ behind }, tookMs) => {
    await restAfter(tookMs, behind, stopping);
    return !stopping.aborted;
  });

/** `goOn` is asked after each round that found a full batch. */
async function inRounds(
  database: Database,
  batch: number,
  goOn: (round: Round, tookMs: number) => Promise<boolean>,
): Promise<number> {
  let total = 0;
  for (let number = 0; number < maxRounds; number += 1) {
    const began = performance.now();
    const [round] = await database.query<Round>(sql`
      SELECT coalesce(pg_sequence_last_value('scrollback.log_position'), 0) - position AS behind,
        scrollback.index_documents(${batch}) AS taken
      FROM scrollback.document_progress`);
    if (round === undefined) break;
    total += round.taken;
    if (round.taken < batch || !(await goOn(round, performance.now() - began))) break;
  }
  return total;
}
