import { Migration } from '@mikro-orm/migrations';
import { giveWay } from '../give-way.ts';

/**
 * PostgreSQL copies the conditions of all triggers of a table for every statement that writes there, and again at
 * commit: inserts of messages paid for what only updates asked. The function asks now, where an update was made.
 */
export class ShortTriggers extends Migration {
  override name = '17-short-triggers';

  override up(): void {
    this.addSql(giveWay);
    this.addSql(updates);
  }
}

const updates = /* sql */ `
DROP TRIGGER scrollback_moved ON public.messages;
DROP TRIGGER scrollback_updated ON public.messages;
DROP FUNCTION scrollback.message_moved();

CREATE OR REPLACE FUNCTION scrollback.message_updated() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
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

CREATE CONSTRAINT TRIGGER scrollback_updated AFTER UPDATE ON public.messages
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION scrollback.message_updated();
`;
