import { Migration } from '@mikro-orm/migrations';
import { lockOf } from '../log-event.ts';

/**
 * Whoever switches triggers off writes past the log, and what they did stays unknown to it. This has the log catch up:
 * with events of now, since nobody knows when it was.
 */
export class Reconciliation extends Migration {
  override name = '24-reconciliation';

  override up(): void {
    this.addSql(reconciliation);
  }
}

const reconciliation = /* sql */ `
-- Tells the log what was written past it in the next so many sessions after one (NULL: from the first). Says which was
-- the last of them, NULL where there are no more, and how many sessions and events there were.
CREATE FUNCTION scrollback.reconcile_sessions(after_session_id text, batch integer, OUT last_session_id text, OUT sessions integer, OUT events bigint)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ids text[] := ARRAY(
    SELECT id FROM (
      (SELECT id FROM public.sessions WHERE after_session_id IS NULL OR id > after_session_id ORDER BY id LIMIT batch)
      UNION
      (SELECT DISTINCT session_id FROM scrollback.session_log
       WHERE after_session_id IS NULL OR session_id > after_session_id ORDER BY session_id LIMIT batch)
    ) AS known (id) ORDER BY id LIMIT batch);
BEGIN
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
  PERFORM scrollback.begin_events();
  PERFORM scrollback.adopt_session(id) FROM unnest(ids) AS id;
  SELECT count(scrollback.log_message(session_id, id)) INTO events FROM (
    SELECT session.id AS session_id, message.id
    FROM unnest(ids) AS session (id) CROSS JOIN LATERAL scrollback.differing_messages(session.id) AS message
    ORDER BY session.id, message.is_there, message.message_sequence, message."timestamp", message.id
  ) AS differing;
END
$$;
REVOKE ALL ON FUNCTION scrollback.reconcile_sessions FROM PUBLIC;
`;
