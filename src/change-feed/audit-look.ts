import { sql } from '../shared/sql.ts';
import type { Database } from '../databases/database.ts';
import { auditTopic } from './contract.ts';
import { patienceMs } from './feeds.ts';
import type { Look } from './poll.ts';

export function lookAtAudit(database: Database): Look {
  let seen: number | null = null;
  return async (expected) => {
    const [row] = await database.query<{ number: number | null }>(
      sql`SELECT max(number) AS number FROM scrollback.audit_entries`,
      { withinMs: patienceMs },
    );
    const number = row?.number ?? 0;
    const changed = number !== seen;
    seen = number;
    return {
      changed: changed ? [auditTopic] : [],
      found: Number(changed),
      unsettled: number < expected,
      age: null,
      upTo: number,
    };
  };
}
