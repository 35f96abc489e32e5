import { Migration } from '@mikro-orm/migrations';

/**
 * The triggers that fill the session log, whoever writes.
 *
 * All of it happens in the writer's commit: rows are remembered by deferred constraint triggers, because only at
 * commit is it known whether a deleted message came back (a save of the agent-runtime service deletes and re-inserts
 * all messages of a session). The functions compare what is there with what the log says last; so an event is
 * written once, whatever the number and order of the statements.
 *
 * Locks: only heads of sessions are locked, only in the commit phase, all of a transaction's sessions at once and in
 * sorted order; so no mix of writers can deadlock on them. To know them all, each statement notes its sessions in the
 * transaction-local setting scrollback.touched (settings roll back with savepoints, as the rows do).
 */
export class SessionLog extends Migration {
  override name = '03-session-log';

  override up(): void {
    this.addSql(chain);
    this.addSql(horizon);
    this.addSql(locking);
    this.addSql(events);
    this.addSql(messageTriggers);
    this.addSql(otherTriggers);
    this.addSql(documents);
    this.addSql(adoption);
  }
}

/** The helpers on the writers' path are single expressions, declared so that PostgreSQL inlines them. */
const chain = /* sql */ `
CREATE FUNCTION scrollback.chain_step(previous bytea, event bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT sha256(previous || event) $$;

-- As a window function: the chain values of rows that are numbered in one statement.
CREATE AGGREGATE scrollback.chain(event bytea) (sfunc = scrollback.chain_step, stype = bytea, initcond = '');

CREATE FUNCTION scrollback.event_bytes(
  session_id text, number bigint, kind text, subject_id text, message_sequence bigint, content_hash bytea, created_at timestamptz
) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT convert_to(
    session_id || E'\\x1f' || number::text || E'\\x1f' || kind || E'\\x1f' || subject_id || E'\\x1f'
      || coalesce(message_sequence, 0)::text || E'\\x1f' || extract(epoch FROM created_at)::text,
    'UTF8') || coalesce(content_hash, ''::bytea)
$$;

CREATE FUNCTION scrollback.content_hash(role text, content text, name text, tool_call_id text, tool_calls text) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT sha256(convert_to(ROW(role, content, name, tool_call_id, tool_calls)::text, 'UTF8'))
$$;
`;

const horizon = /* sql */ `
-- Every log row at or below this position is committed and visible to statements that start after the call, or never
-- will be. A writer takes a shared advisory lock that names the last position given out, before it takes positions
-- of its own, and holds it until its rows are visible; so what is in flight lies above the lowest lock. The lock is
-- held for the commit phase only: a transaction that stays open does not hold the horizon back.
CREATE FUNCTION scrollback.log_horizon() RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  given_out bigint;
  lowest bigint;
BEGIN
  SELECT CASE WHEN is_called THEN last_value ELSE 0 END INTO given_out FROM scrollback.log_position;
  SELECT min(((classid::bigint & 65535) << 32) | objid::bigint) INTO lowest
  FROM pg_locks
  WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint >> 16 = 23595
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database());
  RETURN least(given_out, lowest);
END
$$;

CREATE FUNCTION scrollback.hold_horizon() RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared((23595::bigint << 48) | CASE WHEN is_called THEN last_value ELSE 0 END)
  FROM scrollback.log_position;
END
$$;
`;

const locking = /* sql */ `
CREATE FUNCTION scrollback.touch(session_id text) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  touched text[] := coalesce(nullif(current_setting('scrollback.touched', true), ''), '{}')::text[];
BEGIN
  PERFORM set_config('scrollback.last_touched', session_id, true);
  IF NOT session_id = ANY (touched) THEN
    PERFORM set_config('scrollback.touched', (touched || session_id)::text, true);
  END IF;
END
$$;

-- Gives numbers to the messages of a session that was there before the log.
CREATE FUNCTION scrollback.adopt_session(adopted_session_id text) RETURNS void
LANGUAGE sql VOLATILE AS $$
  INSERT INTO scrollback.session_log
    (session_id, number, kind, subject_id, message_sequence, messages_added, content_hash, chain, created_at)
  SELECT adopted_session_id, number, 'message_added', id, number, number, hash,
         scrollback.chain(scrollback.event_bytes(adopted_session_id, number, 'message_added', id, number, hash, "timestamp"))
           OVER (ORDER BY number),
         "timestamp"
  FROM (
    SELECT id, "timestamp", row_number() OVER (ORDER BY "timestamp", id) AS number,
           scrollback.content_hash(role, content, name, tool_call_id, tool_calls) AS hash
    FROM public.messages WHERE session_db_id = adopted_session_id
  ) AS message
  ORDER BY number;
  UPDATE scrollback.session_heads SET adopted = true WHERE session_id = adopted_session_id;
$$;

CREATE FUNCTION scrollback.lock_head(locked_session_id text) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  is_adopted boolean;
BEGIN
  LOOP
    SELECT adopted INTO is_adopted FROM scrollback.session_heads WHERE session_id = locked_session_id FOR UPDATE;
    EXIT WHEN FOUND;
    INSERT INTO scrollback.session_heads (session_id) VALUES (locked_session_id) ON CONFLICT DO NOTHING;
    IF FOUND THEN
      RETURN;
    END IF;
  END LOOP;
  IF NOT is_adopted THEN
    PERFORM scrollback.hold_horizon();
    PERFORM scrollback.adopt_session(locked_session_id);
  END IF;
END
$$;

-- Before the first event of a transaction: locks the heads of all sessions that it touched, then the horizon.
CREATE FUNCTION scrollback.begin_events(event_session_id text) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  touched text := current_setting('scrollback.touched', true);
BEGIN
  IF touched IS NOT DISTINCT FROM current_setting('scrollback.locked', true) AND touched <> '' THEN
    RETURN;
  END IF;
  PERFORM scrollback.lock_head(session_id)
  FROM (
    SELECT DISTINCT unnest(coalesce(nullif(touched, ''), '{}')::text[] || event_session_id) COLLATE "C" AS session_id
    ORDER BY 1
  ) AS sorted;
  PERFORM scrollback.hold_horizon();
  PERFORM set_config('scrollback.locked', touched, true);
END
$$;
`;

const events = /* sql */ `
CREATE FUNCTION scrollback.append_event(
  event_session_id text, event_kind text, event_subject_id text, event_sequence bigint, event_hash bytea
) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  head record;
  next_number bigint;
  counted bigint;
  sequence bigint := event_sequence;
  at timestamptz := clock_timestamp();
BEGIN
  SELECT number, messages_added, chain INTO head
  FROM scrollback.session_log WHERE session_id = event_session_id ORDER BY number DESC LIMIT 1;
  next_number := coalesce(head.number, 0) + 1;
  counted := coalesce(head.messages_added, 0);
  IF event_kind = 'message_added' THEN
    counted := counted + 1;
    sequence := counted;
  END IF;
  INSERT INTO scrollback.session_log
    (session_id, number, kind, subject_id, message_sequence, messages_added, content_hash, chain, created_at)
  VALUES (event_session_id, next_number, event_kind, event_subject_id, sequence, counted, event_hash,
          scrollback.chain_step(coalesce(head.chain, ''::bytea),
            scrollback.event_bytes(event_session_id, next_number, event_kind, event_subject_id, sequence, event_hash, at)),
          at)
  ON CONFLICT (session_id, number) DO NOTHING;
  IF NOT FOUND THEN
    -- Only a transaction with a snapshot older than its lock gets here; it must start again, as on any such conflict.
    RAISE EXCEPTION 'could not serialize access to the log of session %', event_session_id
      USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;

-- Brings the log up to what the messages table says of one message.
CREATE FUNCTION scrollback.log_message(message_session_id text, message_id text) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  hash bytea;
  is_there boolean;
  last_event record;
BEGIN
  PERFORM scrollback.begin_events(message_session_id);
  SELECT scrollback.content_hash(role, content, name, tool_call_id, tool_calls) INTO hash
  FROM public.messages WHERE id = message_id AND session_db_id = message_session_id;
  is_there := FOUND;
  SELECT kind, message_sequence, content_hash INTO last_event
  FROM scrollback.session_log
  WHERE subject_id = message_id AND session_id = message_session_id AND message_sequence IS NOT NULL
  ORDER BY number DESC LIMIT 1;
  IF is_there AND last_event IS NULL THEN
    PERFORM scrollback.append_event(message_session_id, 'message_added', message_id, NULL, hash);
  ELSIF is_there AND last_event.kind = 'message_removed' THEN
    PERFORM scrollback.append_event(message_session_id, 'message_restored', message_id, last_event.message_sequence, hash);
  ELSIF is_there AND last_event.content_hash IS DISTINCT FROM hash THEN
    PERFORM scrollback.append_event(message_session_id, 'message_edited', message_id, last_event.message_sequence, hash);
  ELSIF NOT is_there AND last_event.kind <> 'message_removed' THEN
    PERFORM scrollback.append_event(message_session_id, 'message_removed', message_id, last_event.message_sequence, NULL);
  END IF;
END
$$;
`;

/** SECURITY DEFINER: the services that write the shared tables have no rights on the log, and need none. */
const triggerFunction = (name: string, body: string): string => /* sql */ `
CREATE FUNCTION scrollback.${name}() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  ${body}
END
$$;
`;

/** Rows of one session in a row note it once: the condition is cheap, the function call is not. */
const notTouchedLast = (sessionId: string): string =>
  `${sessionId} IS DISTINCT FROM current_setting('scrollback.last_touched', true)`;

const loggedColumns = (row: string): string =>
  `(${row}.id, ${row}.session_db_id, ${row}.role, ${row}.content, ${row}.name, ${row}.tool_call_id, ${row}.tool_calls)`;

const messageTriggers = [
  triggerFunction('touch_message', 'PERFORM scrollback.touch(NEW.session_db_id); RETURN NEW;'),
  triggerFunction('touch_deleted_message', 'PERFORM scrollback.touch(OLD.session_db_id); RETURN OLD;'),
  triggerFunction('touch_moved_message', 'PERFORM scrollback.touch(OLD.session_db_id); RETURN NEW;'),
  triggerFunction('message_written', 'PERFORM scrollback.log_message(NEW.session_db_id, NEW.id); RETURN NULL;'),
  triggerFunction('message_moved', 'PERFORM scrollback.log_message(OLD.session_db_id, OLD.id); RETURN NULL;'),
  triggerFunction(
    'message_deleted',
    `-- A row that came back in the same transaction is the business of its insert.
  IF NOT EXISTS (SELECT FROM public.messages WHERE id = OLD.id AND session_db_id = OLD.session_db_id) THEN
    PERFORM scrollback.log_message(OLD.session_db_id, OLD.id);
  END IF;
  RETURN NULL;`,
  ),
  /* sql */ `
CREATE TRIGGER scrollback_touch BEFORE INSERT OR UPDATE ON public.messages FOR EACH ROW
  WHEN (${notTouchedLast('NEW.session_db_id')}) EXECUTE FUNCTION scrollback.touch_message();
CREATE TRIGGER scrollback_touch_deleted BEFORE DELETE ON public.messages FOR EACH ROW
  WHEN (${notTouchedLast('OLD.session_db_id')}) EXECUTE FUNCTION scrollback.touch_deleted_message();
CREATE TRIGGER scrollback_touch_moved BEFORE UPDATE ON public.messages FOR EACH ROW
  WHEN (OLD.session_db_id IS DISTINCT FROM NEW.session_db_id) EXECUTE FUNCTION scrollback.touch_moved_message();

CREATE CONSTRAINT TRIGGER scrollback_inserted AFTER INSERT ON public.messages
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION scrollback.message_written();
CREATE CONSTRAINT TRIGGER scrollback_updated AFTER UPDATE ON public.messages
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (${loggedColumns('OLD')} IS DISTINCT FROM ${loggedColumns('NEW')})
  EXECUTE FUNCTION scrollback.message_written();
CREATE CONSTRAINT TRIGGER scrollback_moved AFTER UPDATE ON public.messages
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN ((OLD.id, OLD.session_db_id) IS DISTINCT FROM (NEW.id, NEW.session_db_id))
  EXECUTE FUNCTION scrollback.message_moved();
CREATE CONSTRAINT TRIGGER scrollback_deleted AFTER DELETE ON public.messages
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION scrollback.message_deleted();
`,
].join('');

const sessionColumns = (row: string): string =>
  ['title', 'description', 'is_active', 'deleted_at', 'user_id', 'tenant_id', 'metadata', 'closed_at', 'archived_at', 'lifetime_seconds']
    .map((column) => `${row}.${column}`)
    .join(', ');

/** A session's `last_activity` moves with every message; that alone is no event. */
const otherTriggers = [
  triggerFunction('touch_session', 'PERFORM scrollback.touch(NEW.id); RETURN NEW;'),
  triggerFunction('touch_deleted_session', 'PERFORM scrollback.touch(OLD.id); RETURN OLD;'),
  triggerFunction(
    'session_written',
    `PERFORM scrollback.begin_events(NEW.id);
  PERFORM scrollback.append_event(NEW.id, CASE TG_OP WHEN 'INSERT' THEN 'session_created' ELSE 'session_changed' END, NEW.id, NULL, NULL);
  RETURN NULL;`,
  ),
  triggerFunction(
    'session_deleted',
    `PERFORM scrollback.begin_events(OLD.id);
  PERFORM scrollback.append_event(OLD.id, 'session_removed', OLD.id, NULL, NULL);
  RETURN NULL;`,
  ),
  triggerFunction('touch_approval', 'PERFORM scrollback.touch(NEW.session_id); RETURN NEW;'),
  triggerFunction('touch_deleted_approval', 'PERFORM scrollback.touch(OLD.session_id); RETURN OLD;'),
  triggerFunction(
    'approval_written',
    `PERFORM scrollback.begin_events(NEW.session_id);
  PERFORM scrollback.append_event(
    NEW.session_id, CASE TG_OP WHEN 'INSERT' THEN 'approval_requested' ELSE 'approval_changed' END, NEW.id, NULL, NULL);
  RETURN NULL;`,
  ),
  triggerFunction(
    'approval_deleted',
    `PERFORM scrollback.begin_events(OLD.session_id);
  PERFORM scrollback.append_event(OLD.session_id, 'approval_removed', OLD.id, NULL, NULL);
  RETURN NULL;`,
  ),
  triggerFunction(
    'touch_agent_switch',
    `PERFORM scrollback.touch(session_db_id) FROM public.agent_contexts WHERE id = NEW.context_db_id;
  RETURN NEW;`,
  ),
  triggerFunction(
    'agent_switch_written',
    `-- Re-inserted switches were logged before.
  IF NOT EXISTS (SELECT FROM scrollback.session_log WHERE subject_id = NEW.id AND kind = 'agent_switched') THEN
    PERFORM scrollback.begin_events(session_db_id), scrollback.append_event(session_db_id, 'agent_switched', NEW.id, NULL, NULL)
    FROM public.agent_contexts WHERE id = NEW.context_db_id;
  END IF;
  RETURN NULL;`,
  ),
  /* sql */ `
CREATE TRIGGER scrollback_touch BEFORE INSERT OR UPDATE ON public.sessions FOR EACH ROW
  WHEN (${notTouchedLast('NEW.id')}) EXECUTE FUNCTION scrollback.touch_session();
CREATE TRIGGER scrollback_touch_deleted BEFORE DELETE ON public.sessions FOR EACH ROW
  EXECUTE FUNCTION scrollback.touch_deleted_session();
CREATE CONSTRAINT TRIGGER scrollback_inserted AFTER INSERT ON public.sessions
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION scrollback.session_written();
CREATE CONSTRAINT TRIGGER scrollback_updated AFTER UPDATE ON public.sessions
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN ((${sessionColumns('OLD')}) IS DISTINCT FROM (${sessionColumns('NEW')}))
  EXECUTE FUNCTION scrollback.session_written();
CREATE CONSTRAINT TRIGGER scrollback_deleted AFTER DELETE ON public.sessions
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION scrollback.session_deleted();

CREATE TRIGGER scrollback_touch BEFORE INSERT OR UPDATE ON public.pending_approvals FOR EACH ROW
  EXECUTE FUNCTION scrollback.touch_approval();
CREATE TRIGGER scrollback_touch_deleted BEFORE DELETE ON public.pending_approvals FOR EACH ROW
  EXECUTE FUNCTION scrollback.touch_deleted_approval();
CREATE CONSTRAINT TRIGGER scrollback_inserted AFTER INSERT ON public.pending_approvals
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION scrollback.approval_written();
CREATE CONSTRAINT TRIGGER scrollback_updated AFTER UPDATE ON public.pending_approvals
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.decision_reason IS DISTINCT FROM NEW.decision_reason)
  EXECUTE FUNCTION scrollback.approval_written();
CREATE CONSTRAINT TRIGGER scrollback_deleted AFTER DELETE ON public.pending_approvals
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION scrollback.approval_deleted();

CREATE TRIGGER scrollback_touch BEFORE INSERT ON public.agent_switches FOR EACH ROW
  EXECUTE FUNCTION scrollback.touch_agent_switch();
CREATE CONSTRAINT TRIGGER scrollback_inserted AFTER INSERT ON public.agent_switches
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION scrollback.agent_switch_written();
`,
].join('');

const documents = /* sql */ `
-- PostgreSQL's russian configuration stems Cyrillic words as Russian and Latin words as English.
CREATE FUNCTION scrollback.search_document(content text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT to_tsvector('pg_catalog.russian', left(coalesce(content, ''), 200000)) $$;

-- Takes the next events of the log into message_documents; returns how many it took. One caller works at a time,
-- the others return 0 at once.
CREATE FUNCTION scrollback.index_documents(batch integer) RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  done bigint;
  upto bigint;
  taken integer;
BEGIN
  SELECT position INTO done FROM scrollback.document_progress FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN 0;
  END IF;
  upto := scrollback.log_horizon();
  SELECT max(position), count(*) INTO upto, taken FROM (
    SELECT position FROM scrollback.session_log WHERE position > done AND position <= upto ORDER BY position LIMIT batch
  ) AS page;
  IF taken = 0 THEN
    RETURN 0;
  END IF;
  INSERT INTO scrollback.message_documents (message_id, document)
  SELECT m.id, scrollback.search_document(m.content)
  FROM (SELECT DISTINCT subject_id FROM scrollback.session_log
        WHERE position > done AND position <= upto AND message_sequence IS NOT NULL ORDER BY 1) AS log
  JOIN public.messages AS m ON m.id = log.subject_id
  ON CONFLICT (message_id) DO UPDATE SET document = excluded.document;
  DELETE FROM scrollback.message_documents AS d
  USING scrollback.session_log AS log
  WHERE log.position > done AND log.position <= upto AND log.kind = 'message_removed' AND d.message_id = log.subject_id
    AND NOT EXISTS (SELECT FROM public.messages AS m WHERE m.id = log.subject_id);
  UPDATE scrollback.document_progress SET position = upto;
  RETURN taken;
END
$$;
`;

const adoption = /* sql */ `
INSERT INTO scrollback.session_heads (session_id, adopted) SELECT id, false FROM public.sessions;

-- Numbers the messages of up to so many sessions that were there before the log; returns how many sessions it took.
CREATE FUNCTION scrollback.adopt_sessions(batch integer) RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  taken integer;
BEGIN
  PERFORM scrollback.lock_head(session_id) FROM (
    SELECT session_id FROM scrollback.session_heads WHERE NOT adopted ORDER BY session_id COLLATE "C" LIMIT batch
  ) AS waiting;
  GET DIAGNOSTICS taken = ROW_COUNT;
  RETURN taken;
END
$$;
CREATE INDEX session_heads_waiting ON scrollback.session_heads (session_id COLLATE "C") WHERE NOT adopted;
`;
