import { Migration } from '@mikro-orm/migrations';
import { giveWay } from '../give-way.ts';
import { grantIfRoleExists } from '../grants.ts';

/**
 * What the log alone cannot say: whose a session was before it was given away or deleted, so that they can be told; and
 * which agent switches were there before the log, so that a save that inserts them again makes no event.
 */
export class Departures extends Migration {
  override name = '15-departures';

  override up(): void {
    this.addSql(giveWay);
    this.addSql(departures);
    this.addSql(adoptedSwitches);
    this.addSql(
      grantIfRoleExists('scrollback_gateway', ['GRANT SELECT ON scrollback.session_departures TO scrollback_gateway']),
    );
  }
}

/** One row per hand-over or deletion, which are rare. The log's last row of the session is the event: its lock is held. */
const departures = /* sql */ `
CREATE TABLE scrollback.session_departures (
  session_id varchar(255) NOT NULL,
  number bigint NOT NULL,
  user_id varchar(255),
  tenant_id varchar(255),
  PRIMARY KEY (session_id, number)
);

CREATE FUNCTION scrollback.note_departure(left_session_id text, user_id text, tenant_id text) RETURNS void
LANGUAGE sql VOLATILE AS $$
  INSERT INTO scrollback.session_departures (session_id, number, user_id, tenant_id)
  SELECT left_session_id, max(l.number), note_departure.user_id, note_departure.tenant_id
  FROM scrollback.session_log AS l WHERE l.session_id = left_session_id
  ON CONFLICT DO NOTHING;
$$;
REVOKE ALL ON FUNCTION scrollback.note_departure FROM PUBLIC;

CREATE OR REPLACE FUNCTION scrollback.session_written() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM scrollback.append_event(NEW.id, CASE TG_OP WHEN 'INSERT' THEN 'session_created' ELSE 'session_changed' END, NEW.id);
  IF TG_OP = 'UPDATE' AND (OLD.user_id, OLD.tenant_id) IS DISTINCT FROM (NEW.user_id, NEW.tenant_id) THEN
    PERFORM scrollback.note_departure(OLD.id, OLD.user_id, OLD.tenant_id);
  END IF;
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION scrollback.session_deleted() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM scrollback.append_event(OLD.id, 'session_removed', OLD.id);
  PERFORM scrollback.note_departure(OLD.id, OLD.user_id, OLD.tenant_id);
  RETURN NULL;
END
$$;
`;

/** Switches that have no event were there before the log was. */
const adoptedSwitches = /* sql */ `
LOCK TABLE public.agent_switches IN SHARE ROW EXCLUSIVE MODE;

CREATE TABLE scrollback.adopted_switches (
  id varchar(255) PRIMARY KEY
);
INSERT INTO scrollback.adopted_switches (id)
SELECT w.id FROM public.agent_switches AS w
WHERE NOT EXISTS (SELECT FROM scrollback.session_log AS l WHERE l.subject_id = w.id AND l.kind = 'agent_switched');

CREATE OR REPLACE FUNCTION scrollback.agent_switch_written() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- Re-inserted switches were logged before, or are older than the log.
  IF NOT EXISTS (SELECT FROM scrollback.session_log WHERE subject_id = NEW.id AND kind = 'agent_switched')
      AND NOT EXISTS (SELECT FROM scrollback.adopted_switches WHERE id = NEW.id) THEN
    PERFORM scrollback.append_event(session_db_id, 'agent_switched', NEW.id) FROM public.agent_contexts WHERE id = NEW.context_db_id;
  END IF;
  RETURN NULL;
END
$$;
`;
