import { sql } from '../shared/sql.ts';
import type { Database } from '../databases/database.ts';
import { numberMessages } from '../databases/numbering.ts';
import { allSessionsTopic, auditTopic, sessionTopic } from './contract.ts';
import { horizonOf, patienceMs } from './feeds.ts';
import type { Look } from './poll.ts';

/** Longer than a commit takes, mostly. */
const commitMs = 1000;

/**
 * Sessions with log rows above the horizon of the last look. What commits late lies above that horizon too, so every
 * committed row is told of at least once; rows between two horizons may be told of twice.
 */
export function lookAtSessions(database: Database): Look {
  let seen: number | null = null;
  let leftOutSince: number | null = null;
  return async (expected) => {
    const { hasMore, leftOut } = await numberMessages(database, { withinMs: patienceMs });
    leftOutSince = leftOut ? (leftOutSince ?? performance.now()) : null;
    // Who holds a lock for longer than a commit takes is waited for by the next polls.
    const isUnnumbered = hasMore || (leftOutSince !== null && performance.now() - leftOutSince < commitMs);
    const horizon = await horizonOf(database);
    const since = seen;
    seen = horizon;
    // A horizon that went back is another history; followers compare fingerprints.
    if (since === null || horizon < since) return { changed: 'all', unsettled: isUnnumbered, age: null, upTo: horizon };
    const rows = await database.query<{ id: string; last: number; age: number }>(
      sql`SELECT session_id AS id, max(position) AS last, extract(epoch FROM clock_timestamp() - max(created_at))::float8 AS age FROM scrollback.session_log WHERE position > ${since} GROUP BY session_id`,
      { withinMs: patienceMs },
    );
    return {
      changed: rows.length === 0 ? [] : [allSessionsTopic, ...rows.map((row) => sessionTopic(row.id))],
      age: rows.length === 0 ? null : Math.max(0, Math.min(...rows.map((row) => row.age))),
      // What was hinted at and lies above the horizon is still on its way.
      unsettled: isUnnumbered || horizon < expected || rows.some((row) => row.last > horizon),
      upTo: horizon,
    };
  };
}

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
    return { changed: changed ? [auditTopic] : [], unsettled: number < expected, age: null, upTo: number };
  };
}
