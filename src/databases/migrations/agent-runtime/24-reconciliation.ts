import { Migration } from '@mikro-orm/migrations';
import { lockOf } from '../log-event.ts';

/**
 * Whoever switches triggers off writes past the log, and what they did stays unknown to it. This has the log catch up:
 * with events of now, since nobody knows when it was.
 */
export class Reconciliation extends Migration {
  override name = '24-reconciliation';

  override up(): void {
    this.addSql(
      reconcileSessions(
        'CREATE',
        `PERFORM scrollback.begin_events();
  PERFORM scrollback.adopt_session(id) FROM unnest(ids) AS id;`,
      ),
    );
    this.addSql('REVOKE ALL ON FUNCTION scrollback.reconcile_sessions FROM PUBLIC');
  }
}

/** Sessions of either table, by their ids. The log is looked into once for each of them: statistics may be missing after a restore. */
const nextSessions = (condition: string): string => /* sql */ `ids := ARRAY(
      WITH RECURSIVE logged (id) AS (
        (SELECT id FROM (SELECT session_id AS id FROM scrollback.session_log) AS event ${condition} ORDER BY id LIMIT 1)
        UNION ALL
        SELECT (SELECT session_id FROM scrollback.session_log WHERE session_id > logged.id ORDER BY session_id LIMIT 1)
        FROM logged WHERE logged.id IS NOT NULL
      )
      SELECT id FROM (
        (SELECT id FROM public.sessions ${condition} ORDER BY id LIMIT batch)
        UNION
        (SELECT id FROM logged WHERE id IS NOT NULL LIMIT batch)
      ) AS known ORDER BY id LIMIT batch);`;

/** The logs of the sessions that have something to be told are opened first. */
export const reconcileSessions = (create: string, openLogs: string): string => /* sql */ `
-- Tells the log what was written past it in the next so many sessions after one (NULL: from the first). Says which was
-- the last of them, NULL where there are no more, and how many sessions and events there were.
${create} FUNCTION scrollback.reconcile_sessions(after_session_id text, batch integer, OUT last_session_id text, OUT sessions integer, OUT events bigint)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ids text[];
BEGIN
  IF after_session_id IS NULL THEN
    ${nextSessions('')}
  ELSE
    ${nextSessions('WHERE id > after_session_id')}
  END IF;
  sessions := cardinality(ids);
  last_session_id := ids[sessions];
  -- Without locks, which are for those that have something to be told.
  ids := ARRAY(SELECT id FROM unnest(ids) AS id WHERE EXISTS (SELECT FROM scrollback.differing_messages(id)));
  events := 0;
  IF ids = '{}' THEN
    RETURN;
  END IF;
  PERFORM set_config('scrollback.touched',
    (SELECT string_agg(DISTINCT ',' || ${lockOf('id')}::text || ',', '') FROM unnest(ids) AS id), true);
  ${openLogs}
  SELECT count(scrollback.log_message(session_id, id)) INTO events FROM (
    SELECT session.id AS session_id, message.id
    FROM unnest(ids) AS session (id) CROSS JOIN LATERAL scrollback.differing_messages(session.id) AS message
    ORDER BY session.id, message.is_there, message.message_sequence, message."timestamp", message.id
  ) AS differing;
END
$$;
`;
