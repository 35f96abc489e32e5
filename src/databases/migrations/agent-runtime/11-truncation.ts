import { Migration } from '@mikro-orm/migrations';
import { giveWay } from '../give-way.ts';
import { lockOf } from '../log-event.ts';

/**
 * TRUNCATE fires no trigger per row, so the log is told of every message that it held, at once and not at commit:
 * nobody else writes to a table that is being truncated.
 */
export class Truncation extends Migration {
  override name = '11-truncation';

  override up(): void {
    this.addSql(giveWay);
    this.addSql(/* sql */ `
CREATE FUNCTION scrollback.messages_truncated() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  note text;
BEGIN
  SELECT string_agg(DISTINCT ',' || ${lockOf('session_id')}::text || ',', '') INTO note
  FROM scrollback.session_log WHERE kind = 'message_added';
  IF note IS NOT NULL THEN
    PERFORM set_config('scrollback.touched', coalesce(current_setting('scrollback.touched', true), '') || note, true);
    PERFORM scrollback.log_message(session_id, subject_id)
    FROM (SELECT session_id, subject_id FROM scrollback.session_log WHERE kind = 'message_added' ORDER BY position) AS held;
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER scrollback_truncated AFTER TRUNCATE ON public.messages
  FOR EACH STATEMENT EXECUTE FUNCTION scrollback.messages_truncated();`);
  }
}
