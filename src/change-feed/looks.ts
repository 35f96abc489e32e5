import sql from 'sql-template-tag';
import type { Database } from '../databases/database.ts';
import { allSessionsTopic, auditTopic, sessionTopic } from './contract.ts';
import { horizonOf, patienceMs } from './feeds.ts';
import type { Look } from './poll.ts';

/**
 * Sessions with log rows above the horizon of the last look. What commits late lies above that horizon too, so every
 * committed row is told of at least once; rows between two horizons may be told of twice.
 */
export function lookAtSessions(database: Database): Look {
  let seen: number | null = null;
  return async () => {
    const horizon = await horizonOf(database);
    const since = seen;
    seen = horizon;
    // A horizon that went back is another history; followers compare fingerprints.
    if (since === null || horizon < since) return { changed: 'all', unsettled: false };
    const rows = await database.query<{ id: string; last: number }>(
      sql`SELECT session_id AS id, max(position) AS last FROM scrollback.session_log WHERE position > ${since} GROUP BY session_id`,
      patienceMs,
    );
    return {
      changed: rows.length === 0 ? [] : [allSessionsTopic, ...rows.map((row) => sessionTopic(row.id))],
      unsettled: rows.some((row) => row.last > horizon),
    };
  };
}

export function lookAtAudit(database: Database): Look {
  let seen: number | null = null;
  return async () => {
    const [row] = await database.query<{ number: number | null }>(
      sql`SELECT max(number) AS number FROM scrollback.audit_entries`,
      patienceMs,
    );
    const number = row?.number ?? 0;
    const changed = number !== seen;
    seen = number;
    return { changed: changed ? [auditTopic] : [], unsettled: false };
  };
}
