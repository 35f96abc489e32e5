import { Migration } from '@mikro-orm/migrations';
import { giveWay } from '../give-way.ts';

/**
 * Most messages ask for no tool call and have no record of one, and to find that out of the records of all messages
 * costs as much as to find a record. A record says now whether its message asked for calls; those whose messages did
 * not are few, and have an index of their own. A record that does not know says no, which is always safe.
 */
export class UnaskedRecords extends Migration {
  override name = '20-unasked-records';

  override up(): void {
    this.addSql(giveWay);
    this.addSql(records);
    this.addSql(changes);
  }
}

const records = /* sql */ `
-- Whether its message asked for calls when the record was made, and has asked for the same ever since.
ALTER TABLE scrollback.tool_usage ADD COLUMN asked boolean NOT NULL DEFAULT FALSE;
CREATE INDEX tool_usage_unasked ON scrollback.tool_usage (message_id, created_at, id) WHERE NOT asked;
`;

const changes = /* sql */ `
CREATE FUNCTION scrollback.doubt_records(of_message_id text) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
  UPDATE scrollback.tool_usage SET asked = FALSE WHERE message_id = of_message_id AND asked
$$;
REVOKE ALL ON FUNCTION scrollback.doubt_records FROM PUBLIC;

CREATE OR REPLACE FUNCTION scrollback.message_updated() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF (OLD.id, OLD.tool_calls) IS DISTINCT FROM (NEW.id, NEW.tool_calls) THEN
    PERFORM scrollback.doubt_records(OLD.id), scrollback.doubt_records(NEW.id);
  END IF;
  IF (OLD.id, OLD.session_db_id) IS DISTINCT FROM (NEW.id, NEW.session_db_id) THEN
    PERFORM scrollback.log_message(OLD.session_db_id, OLD.id);
    PERFORM scrollback.log_message(NEW.session_db_id, NEW.id);
  ELSIF (OLD.role, OLD.content, OLD.name, OLD.tool_call_id, OLD.tool_calls)
      IS DISTINCT FROM (NEW.role, NEW.content, NEW.name, NEW.tool_call_id, NEW.tool_calls) THEN
    PERFORM scrollback.log_message(NEW.session_db_id, NEW.id);
  END IF;
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION scrollback.message_deleted() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  now_asked text;
BEGIN
  SELECT tool_calls INTO now_asked FROM public.messages WHERE id = OLD.id AND session_db_id = OLD.session_db_id;
  -- A row that came back in the same transaction is the business of its insert.
  IF NOT FOUND THEN
    PERFORM scrollback.log_message(OLD.session_db_id, OLD.id);
  END IF;
  IF OLD.tool_calls IS DISTINCT FROM now_asked THEN
    PERFORM scrollback.doubt_records(OLD.id);
  END IF;
  RETURN NULL;
END
$$;

CREATE FUNCTION scrollback.records_truncated() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE scrollback.tool_usage SET asked = FALSE WHERE asked;
  RETURN NULL;
END
$$;
CREATE TRIGGER scrollback_records_truncated AFTER TRUNCATE ON public.messages
  FOR EACH STATEMENT EXECUTE FUNCTION scrollback.records_truncated();
`;
