import { sql } from '../shared/sql.ts';
import type { Database } from '../databases/database.ts';
import { allSessionsTopic, auditTopic, sessionTopic } from './contract.ts';
import { horizonOf, patienceMs } from './feeds.ts';
import { NumberingForListeners } from './numbering-for-listeners.ts';
import type { Look } from './poll.ts';
import type { Topics } from './topics.ts';

/**
 * Sessions with log rows above the horizon of the last look. What commits late lies above that horizon too, so every
 * committed row is told of at least once; rows between two horizons may be told of twice.
 */
export function lookAtSessions(database: Database, topics: Topics): Look {
  const numbering = new NumberingForListeners(database, topics);
  let seen: number | null = null;
  return async (expected) => {
    const { sessions, positions, isUnsettled } = await numbering.number();
    // They need not wait for what else has changed.
    for (const id of positions.keys()) topics.wake(sessionTopic(id));
    const horizon = await horizonOf(database);
    const since = seen;
    seen = horizon;
    // A horizon that went back is another history; followers compare fingerprints.
    if (since === null || horizon < since)
      return { changed: 'all', found: 0, unsettled: isUnsettled, age: null, upTo: horizon };
    const rows = await database.query<{ id: string; last: number; age: number }>(
      sql`SELECT session_id AS id, max(position) AS last, extract(epoch FROM clock_timestamp() - max(created_at))::float8 AS age FROM scrollback.session_log WHERE position > ${since} GROUP BY session_id`,
      { withinMs: patienceMs },
    );
    const others = rows.filter(({ id, last }) => positions.get(id) !== last);
    return {
      changed: rows.length === 0 ? [] : [allSessionsTopic, ...others.map(({ id }) => sessionTopic(id))],
      found: Math.max(sessions, rows.length),
      age: rows.length === 0 ? null : Math.max(0, Math.min(...rows.map((row) => row.age))),
      // What was hinted at and lies above the horizon is still on its way.
      unsettled: isUnsettled || horizon < expected || rows.some((row) => row.last > horizon),
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
    return {
      changed: changed ? [auditTopic] : [],
      found: Number(changed),
      unsettled: number < expected,
      age: null,
      upTo: number,
    };
  };
}
