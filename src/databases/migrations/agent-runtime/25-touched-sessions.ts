import { Migration } from '@mikro-orm/migrations';
import { giveWay } from '../give-way.ts';
import { is, sessionColumns } from '../log-event.ts';

/**
 * Services move a session's last_activity with every message. The condition of its trigger was prepared for each such
 * statement; the function sees at a glance now that nothing else has changed.
 */
export class TouchedSessions extends Migration {
  override name = '25-touched-sessions';

  override up(): void {
    this.addSql(giveWay);
    this.addSql(updates);
  }
}

const updates = /* sql */ `
CREATE FUNCTION scrollback.log_updated_session(before public.sessions, after public.sessions) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF (${sessionColumns('before')}) IS DISTINCT FROM (${sessionColumns('after')}) THEN
    PERFORM scrollback.append_event(after.id, 'session_changed', after.id);
  END IF;
  IF (before.user_id, before.tenant_id) IS DISTINCT FROM (after.user_id, after.tenant_id) THEN
    PERFORM scrollback.note_departure(before.id, before.user_id, before.tenant_id);
  END IF;
END
$$;
REVOKE ALL ON FUNCTION scrollback.log_updated_session FROM PUBLIC;

CREATE FUNCTION scrollback.session_updated() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
DECLARE
  after public.sessions := NEW;
BEGIN
  after.last_activity := OLD.last_activity;
  IF after ${is('*<>')} OLD THEN
    PERFORM scrollback.log_updated_session(OLD, NEW);
  END IF;
  RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION scrollback.session_updated FROM PUBLIC;

CREATE OR REPLACE FUNCTION scrollback.session_written() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM scrollback.append_event(NEW.id, 'session_created', NEW.id);
  RETURN NULL;
END
$$;

DROP TRIGGER scrollback_updated ON public.sessions;
CREATE CONSTRAINT TRIGGER scrollback_updated AFTER UPDATE ON public.sessions
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION scrollback.session_updated();
`;
