import { Migration } from '@mikro-orm/migrations';
import { is, lockOf, sessionLocks } from '../log-event.ts';

/**
 * A save that deletes and re-inserts a session's messages is compared with the log at once, in one statement, instead
 * of message by message; what it left as it was costs two short trigger calls. And inserts of messages need less: one
 * expression decides and locks, a conflict says what a query asked before, and the chain hashes what tells events apart.
 */
export class ComparedSaves extends Migration {
  override name = '23-compared-saves';

  override up(): void {
    this.addSql(eventBytes);
    this.addSql(locking);
    this.addSql(noteRewritten('note_updated_messages', ['OLD', 'NEW']));
    this.addSql(noteRewritten('note_deleted_messages', ['OLD']));
    this.addSql(comparison);
    this.addSql(deleted);
    this.addSql(inserted);
  }
}

const setting = (name: string): string => `pg_catalog.current_setting('scrollback.${name}', true)`;

/** Which session and which number it is follows from the event's place in the chain. */
const eventBytes = /* sql */ `
CREATE OR REPLACE FUNCTION scrollback.event_bytes(
  session_id text, number bigint, kind text, subject_id text, message_sequence bigint, content_hash bytea, created_at timestamptz
) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE RETURN convert_to(subject_id || kind, 'UTF8') || timestamptz_send(created_at);
`;

/** Most transactions have one lock to take, for which sorting a list is much. */
const locking = /* sql */ `
CREATE OR REPLACE FUNCTION scrollback.begin_events() RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  touched text := current_setting('scrollback.touched', true);
  held text;
BEGIN
  IF touched IS NOT DISTINCT FROM current_setting('scrollback.locked', true) THEN
    RETURN;
  END IF;
  IF touched ~ '^,\\d+,$' THEN
    held := pg_advisory_xact_lock(${sessionLocks}, btrim(touched, ',')::integer);
    held := pg_advisory_xact_lock_shared(scrollback.horizon_lock());
  ELSE
    PERFORM scrollback.take_locks(string_to_array(btrim(touched, ','), ',,')::integer[]);
  END IF;
  touched := set_config('scrollback.locked', touched, true);
END
$$;
`;

/** As before, but the rows that were updated or deleted are counted: those of the transaction, or since it was compared. */
export const noteRewritten = (name: string, rows: readonly ('OLD' | 'NEW')[], also = ''): string => /* sql */ `
CREATE OR REPLACE FUNCTION scrollback.${name}() RETURNS trigger
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  touched text := coalesce(current_setting('scrollback.touched', true), '');
  lock text;
BEGIN
  ${rows
    .map(
      (row) => `lock := ',' || ${lockOf(`${row}.session_db_id`)}::text || ',';
  IF strpos(touched, lock) = 0 THEN
    touched := set_config('scrollback.touched', touched || lock, true);
  END IF;`,
    )
    .join('\n  ')}
  touched := set_config('scrollback.rewritten', CASE
    WHEN ${setting('rewritten')} ${is('~')} '^[0-9]{1,8}$' THEN (${setting('rewritten')}::pg_catalog.int4 ${is('+')} 1)::pg_catalog.text
    ELSE '1' END, true);
  ${also}
  RETURN ${rows.at(-1)};
END
$$;
`;

/** With more than so many a list of them would be slower to look into than the log. */
const mostDiffering = 500;
const fewestRewritten = 8;

/**
 * A comparison holds until the transaction writes to its messages again: it empties scrollback.touched, which each row
 * that is written later fills. Only transactions that touched a single session are compared, and only sessions of which
 * they rewrote a good part since the last time: comparing reads all of it. Not within another trigger, which may have
 * been called between the note of a row and the row.
 */
const comparison = /* sql */ `
CREATE FUNCTION scrollback.is_worth_comparing(of_session_id text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  rewritten integer := substring(${setting('rewritten')} FROM '^[0-9]{1,8}$');
BEGIN
  IF rewritten IS NULL OR rewritten < ${fewestRewritten} OR pg_trigger_depth() > 1
      OR current_setting('scrollback.touched', true) <> ',' || scrollback.session_lock(of_session_id)::text || ','
      OR current_setting('transaction_isolation') <> 'read committed' THEN
    RETURN false;
  END IF;
  RETURN coalesce(max(number), 0) <= 4 * rewritten FROM scrollback.session_log WHERE session_id = of_session_id;
END
$$;
REVOKE ALL ON FUNCTION scrollback.is_worth_comparing FROM PUBLIC;

-- The messages of a session that the log does not know as they are, or as gone.
CREATE FUNCTION scrollback.differing_messages(of_session_id text)
RETURNS TABLE (id varchar, message_sequence bigint, is_there boolean, "timestamp" timestamptz)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(message.id, event.subject_id), event.message_sequence, message.id IS NOT NULL, message."timestamp"
  FROM (SELECT DISTINCT ON (subject_id) subject_id, kind, message_sequence, content_hash FROM scrollback.session_log
        WHERE session_id = of_session_id AND message_sequence IS NOT NULL ORDER BY subject_id, number DESC) AS event
  FULL JOIN (SELECT id, "timestamp", scrollback.content_hash(role, content, name, tool_call_id, tool_calls) AS content_hash
             FROM public.messages WHERE session_db_id = of_session_id) AS message ON message.id = event.subject_id
  -- A removal has no content_hash.
  WHERE CASE WHEN message.id IS NULL THEN event.kind <> 'message_removed'
        ELSE event.content_hash IS DISTINCT FROM message.content_hash END
$$;
REVOKE ALL ON FUNCTION scrollback.differing_messages FROM PUBLIC;

-- Notes them for the triggers of this transaction.
CREATE FUNCTION scrollback.compare_messages(of_session_id text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ids text;
  count_of_ids bigint;
BEGIN
  PERFORM scrollback.begin_events();
  PERFORM scrollback.adopt_session(of_session_id);
  -- What was found before holds no longer, however many there are now.
  PERFORM set_config('scrollback.compared', '', true);
  SELECT string_agg(id, E'\x1f'), count(*) INTO ids, count_of_ids FROM scrollback.differing_messages(of_session_id);
  IF count_of_ids <= ${mostDiffering} THEN
    PERFORM set_config('scrollback.compared', '=' || of_session_id, true),
      set_config('scrollback.differing', E'\x1f' || coalesce(ids, '') || E'\x1f', true);
  END IF;
  PERFORM set_config('scrollback.touched', '', true), set_config('scrollback.locked', '', true),
    set_config('scrollback.rewritten', '0', true);
END
$$;
REVOKE ALL ON FUNCTION scrollback.compare_messages FROM PUBLIC;
`;

/** Whether a comparison found that the log knows a message. */
const isKnown = (sessionId: string, messageId: string): string => `${setting('touched')} ${is('=')} ''
      AND ${setting('compared')} ${is('=')} ('=' ${is('||')} ${sessionId})
      AND pg_catalog.strpos(${setting('differing')}, E'\x1f' ${is('||')} ${messageId} ${is('||')} E'\x1f') ${is('=')} 0`;

const deleted = /* sql */ `
CREATE FUNCTION scrollback.log_deleted_message(message_session_id text, message_id text, tool_calls text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  now_asked text;
BEGIN
  IF scrollback.is_worth_comparing(message_session_id) THEN
    PERFORM scrollback.compare_messages(message_session_id);
    IF ${isKnown('message_session_id', 'message_id')} THEN
      RETURN;
    END IF;
  END IF;
  SELECT m.tool_calls INTO now_asked FROM public.messages AS m WHERE m.id = message_id AND m.session_db_id = message_session_id;
  -- A row that came back in the same transaction is the business of its insert.
  IF NOT FOUND THEN
    PERFORM scrollback.log_message(message_session_id, message_id);
  END IF;
  IF tool_calls IS DISTINCT FROM now_asked THEN
    PERFORM scrollback.doubt_records(message_id);
  END IF;
END
$$;
REVOKE ALL ON FUNCTION scrollback.log_deleted_message FROM PUBLIC;

CREATE OR REPLACE FUNCTION scrollback.message_deleted() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
BEGIN
  IF ${isKnown('OLD.session_db_id', 'OLD.id')} THEN
    RETURN NULL;
  END IF;
  PERFORM scrollback.log_deleted_message(OLD.session_db_id, OLD.id, OLD.tool_calls);
  RETURN NULL;
END
$$;
`;

const lock = 'scrollback.session_lock(NEW.session_db_id)';

/**
 * PL/pgSQL prepares each of its expressions anew in every transaction, so there is one. The locks are taken once for a
 * transaction, whose rows may be many; the branches of CASE are evaluated in their order.
 */
const inserted = /* sql */ `
CREATE OR REPLACE FUNCTION scrollback.message_inserted() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
BEGIN
  -- Nothing was updated or deleted, and one lock is all: the row is there as it was inserted, and unless the log has its
  -- message already, or knows nothing of its session yet, the next row of the log is all there is to do. The rest goes
  -- the long way, and so do transactions with an old snapshot, which may meet numbers that they cannot see.
  IF (CASE
    WHEN ${setting('touched')} ${is('<>')} (',' ${is('||')} ${lock}::pg_catalog.text ${is('||')} ',')
      OR coalesce(${setting('rewritten')}, '') ${is('<>')} ''
      OR pg_catalog.current_setting('transaction_isolation') ${is('<>')} 'read committed' THEN false
    WHEN ${setting('locked')} ${is('=')} ${setting('touched')} THEN true
    ELSE pg_catalog.pg_advisory_xact_lock(${sessionLocks}, ${lock}) IS NOT NULL
      AND pg_catalog.pg_advisory_xact_lock_shared(scrollback.horizon_lock()) IS NOT NULL
      AND pg_catalog.set_config('scrollback.locked', ${setting('touched')}, true) IS NOT NULL
  END) THEN
    INSERT INTO scrollback.session_log
      (session_id, number, kind, subject_id, message_sequence, messages_added, content_hash, chain, created_at)
    SELECT NEW.session_db_id, next.number, 'message_added', NEW.id, next.sequence, next.sequence,
           scrollback.content_hash(NEW.role, NEW.content, NEW.name, NEW.tool_call_id, NEW.tool_calls),
           scrollback.chain_step(next.chain, scrollback.event_bytes(
             NEW.session_db_id, next.number, 'message_added', NEW.id, next.sequence, NULL, next.at)), next.at
    FROM (SELECT l.number ${is('+')} 1 AS number, l.messages_added ${is('+')} 1 AS sequence, l.chain, pg_catalog.clock_timestamp() AS at
          FROM scrollback.session_log AS l
          WHERE l.session_id ${is('=')} NEW.session_db_id ORDER BY l.number DESC LIMIT 1) AS next
    ON CONFLICT (subject_id, session_id) WHERE kind ${is('=')} 'message_added' DO NOTHING;
    IF FOUND THEN
      RETURN NULL;
    END IF;
  ELSIF ${isKnown('NEW.session_db_id', 'NEW.id')} THEN
    RETURN NULL;
  END IF;
  PERFORM scrollback.log_inserted_message(NEW.session_db_id, NEW.id);
  RETURN NULL;
END
$$;
`;
