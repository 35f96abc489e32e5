import { sql } from '../../shared/sql.ts';
import type { Database } from '../../databases/database.ts';

/** So that one call ends, however fast others write. */
const maxRounds = 100;

/** Takes what the log has beyond the search index into it, `batch` events at a time. Returns how many it took. */
export async function indexDocuments(database: Database, batch: number): Promise<number> {
  let total = 0;
  for (let round = 0; round < maxRounds; round += 1) {
    const rows = await database.query<{ taken: number }>(sql`SELECT scrollback.index_documents(${batch}) AS taken`);
    const taken = rows[0]?.taken ?? 0;
    total += taken;
    if (taken < batch) break;
  }
  return total;
}
