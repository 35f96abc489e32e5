import { Migration } from '@mikro-orm/migrations';
import { giveWay } from '../give-way.ts';
import { grantIfRoleExists } from '../grants.ts';
import { is, numberingLock, sessionLocks } from '../log-event.ts';
import { noteSessionLock } from './04-log-triggers.ts';
import { noteRewritten } from './23-compared-saves.ts';
import { reconcileSessions } from './24-reconciliation.ts';

/**
 * Messages get their numbers behind the commit. Whoever inserts one only notes it, in the same transaction, in a small
 * table that is written in order; no lock, no look into the log, nothing left for the commit. Whoever reads numbers first
 * what is noted: looks for changes take the sessions that somebody follows, reads those that they show, and a chore the rest.
 *
 * What else happens to messages, to sessions and to approvals is still logged at commit, under the session's lock, by
 * whoever does it, and numbers first what is noted of the session: so the log tells it after what was committed before.
 */
export class Numbering extends Migration {
  override name = '26-numbering';

  override up(): void {
    this.addSql(giveWay);
    this.addSql(tables);
    this.addSql(chain);
    this.addSql(events);
    this.addSql(numbering);
    this.addSql(comparison);
    this.addSql(changes);
    this.addSql(reconciliation);
    this.addSql(unindexed);
    this.addSql(ownMessages);
    this.addSql(inserts);
    this.addSql(publication);
    this.addSql(rights);
    this.addSql(grantIfRoleExists('scrollback_gateway', gatewayRights));
    this.addSql(grantIfRoleExists('scrollback_viewer', viewerNumberingRights));
  }
}

/**
 * The table is empty most of the time, and what is deleted from it is many times what it holds: it is vacuumed often.
 * It is not analyzed, and keeps its pages: planners would find it empty, and read all of it when it is full.
 */
const tables = /* sql */ `
CREATE TABLE scrollback.unnumbered_messages (
  -- The order in which messages were inserted, which those of a transaction keep
  position bigint GENERATED ALWAYS AS IDENTITY,
  session_id varchar(255) NOT NULL,
  -- NULL: whichever messages of the session the log does not know
  message_id varchar(255),
  transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
  written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (session_id, position)
) WITH (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0, autovacuum_analyze_threshold = 2147483647, vacuum_truncate = false);
CREATE INDEX unnumbered_messages_transaction_id ON scrollback.unnumbered_messages (transaction_id, position);

-- All that was noted by transactions before this one is numbered, except by those that were in flight then or left out. Nobody has to
-- look where deleted rows wait for a vacuum, which a long transaction of anybody can keep from its work.
CREATE TABLE scrollback.numbering (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  before_transaction xid8 NOT NULL DEFAULT '0',
  in_flight xid8[] NOT NULL DEFAULT '{}',
  -- After a restore into another server transactions count anew, and the table is another one.
  of_table oid NOT NULL DEFAULT 'scrollback.unnumbered_messages'::regclass,
  -- The last position that was given to a note then
  last_position bigint,
  updated_at timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO scrollback.numbering DEFAULT VALUES;
`;

const chain = /* sql */ `
CREATE FUNCTION scrollback.chain_on_step(so_far bytea, previous bytea, event bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN scrollback.chain_step(coalesce(so_far, previous, ''::bytea), event);

-- As a window function: the chain values of rows that are numbered in one statement, after what is there already.
CREATE AGGREGATE scrollback.chain_on(previous bytea, event bytea) (sfunc = scrollback.chain_on_step, stype = bytea);
`;

/** What is numbered in one transaction at most. */
const batch = 5000;

/** Before an event what waits is numbered. */
const events = /* sql */ `
-- Before the events of a session: its lock, and numbers for what has none yet.
CREATE FUNCTION scrollback.open_session_log(opened_session_id text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM scrollback.begin_events();
  PERFORM scrollback.adopt_session(opened_session_id);
  PERFORM scrollback.number_locked_session(opened_session_id);
END
$$;

-- A batch at most: whoever edits one message need not number what somebody has imported. The caller holds the lock.
CREATE FUNCTION scrollback.number_locked_session(locked_session_id text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM scrollback.unnumbered_messages WHERE session_id = locked_session_id) THEN
    PERFORM scrollback.number_locked_sessions(ARRAY[locked_session_id], ${batch});
  END IF;
END
$$;

-- Logs what of a session differs from the log: what has changed, then what is new, statement by statement.
CREATE FUNCTION scrollback.compare_session(of_session_id text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM scrollback.compare_message(of_session_id, id), scrollback.doubt_records(id) FROM (
    SELECT d.id FROM scrollback.differing_messages(of_session_id) AS d LEFT JOIN public.messages AS m ON m.id = d.id
    ORDER BY d.is_there, d.message_sequence, m.cmin::text::bigint, m."timestamp", m.ctid
  ) AS differing;
END
$$;

-- What brought the log up to one message, or appended an event, goes on to do that; what numbers first has its name.
ALTER FUNCTION scrollback.log_message(text, text) RENAME TO compare_message;
ALTER FUNCTION scrollback.append_event(text, text, text) RENAME TO write_event;

CREATE FUNCTION scrollback.log_message(message_session_id text, message_id text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM scrollback.open_session_log(message_session_id);
  PERFORM scrollback.compare_message(message_session_id, message_id);
END
$$;

CREATE FUNCTION scrollback.append_event(event_session_id text, event_kind text, event_subject_id text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- What is noted of a session that is being created was written after it, in the same transaction.
  IF event_kind <> 'session_created' THEN
    PERFORM scrollback.open_session_log(event_session_id);
  END IF;
  PERFORM scrollback.write_event(event_session_id, event_kind, event_subject_id);
END
$$;

CREATE OR REPLACE FUNCTION scrollback.session_written() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM scrollback.append_event(NEW.id, 'session_created', NEW.id);
  PERFORM scrollback.number_locked_session(NEW.id);
  RETURN NULL;
END
$$;
`;

/** `take` deletes notes of the sessions, a batch at most, and returns what they say. */
export const numberLockedSessions = (
  verb: string,
  settings: string,
  take: string,
): string => `${verb} FUNCTION scrollback.number_locked_sessions(session_ids text[], batch integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
${settings} AS $$
DECLARE
  sessions text[];
  messages text[];
  times timestamptz[];
  taken integer;
BEGIN
  WITH noted AS (
    ${take}
  )
  SELECT array_agg(session_id ORDER BY position), array_agg(message_id ORDER BY position), array_agg(written_at ORDER BY position), count(*)
  INTO sessions, messages, times, taken FROM noted;
  IF taken > 0 THEN
    PERFORM scrollback.append_messages(sessions, messages, times);
  END IF;
  RETURN taken;
END
$$;`;

/** `isNoted` says whether something is noted of the session `id`. */
export const numberFreeSessions = (
  verb: string,
  settings: string,
  isNoted: string,
): string => `${verb} FUNCTION scrollback.number_free_sessions(
  session_ids text[], OUT numbered text[], OUT positions bigint[], OUT left_out text[]
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ${settings} AS $$
DECLARE
  noted CONSTANT text[] := ARRAY(
    SELECT id FROM unnest(session_ids) AS id WHERE ${isNoted});
BEGIN
  numbered := ARRAY(
    SELECT id FROM unnest(noted) AS id WHERE pg_try_advisory_xact_lock(${sessionLocks}, scrollback.session_lock(id)));
  positions := '{}';
  left_out := noted;
  IF numbered = '{}' THEN
    RETURN;
  END IF;
  PERFORM pg_advisory_xact_lock_shared(scrollback.horizon_lock());
  PERFORM scrollback.adopt_locked_sessions(numbered);
  IF scrollback.number_locked_sessions(numbered, ${batch}) < ${batch} THEN
    left_out := CASE WHEN numbered = noted THEN '{}'::text[] ELSE ARRAY(SELECT unnest(noted) EXCEPT SELECT unnest(numbered)) END;
  END IF;
  positions := ARRAY(
    SELECT (SELECT position FROM scrollback.session_log WHERE session_id = id ORDER BY number DESC LIMIT 1)
    FROM unnest(numbered) WITH ORDINALITY AS session (id, place) ORDER BY place);
END
$$;`;

/**
 * Numbers are given as writers gave them: under the lock of the session, below the horizon only when they are visible.
 * The planner is told how, as it has no statistics of a table that is full now and then, and would plan for each batch.
 */
const numbering = /* sql */ `
-- Logs messages that were noted, in this order. The caller holds the locks of their sessions and has taken the notes away.
CREATE FUNCTION scrollback.append_messages(sessions text[], messages text[], times timestamptz[]) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  -- What the log has never heard of is its next rows. What is gone again before anybody saw it was never there.
  WITH added AS (
    INSERT INTO scrollback.session_log
      (session_id, number, kind, subject_id, message_sequence, messages_added, content_hash, chain, created_at)
    SELECT session_id, number, 'message_added', message_id, sequence, sequence, content_hash,
      scrollback.chain_on(chain, scrollback.event_bytes(session_id, number, 'message_added', message_id, sequence, NULL, written_at))
        OVER (PARTITION BY session_id ORDER BY number),
      written_at
    FROM (
      SELECT n.session_id, n.message_id, n.written_at, n.place, n.content_hash, head.chain,
        coalesce(max(head.number) OVER (PARTITION BY n.session_id), 0) + n.nth AS number,
        coalesce(max(head.messages_added) OVER (PARTITION BY n.session_id), 0) + n.nth AS sequence
      FROM (
        SELECT n.session_id, n.message_id, n.written_at, n.place, row_number() OVER (PARTITION BY n.session_id ORDER BY n.place) AS nth,
          scrollback.content_hash(m.role, m.content, m.name, m.tool_call_id, m.tool_calls) AS content_hash
        FROM (SELECT session_id, message_id, min(written_at) AS written_at, min(place) AS place
              FROM unnest(sessions, messages, times) WITH ORDINALITY AS n (session_id, message_id, written_at, place)
              GROUP BY session_id, message_id) AS n
        -- While the tables have no statistics, sessions as plain conditions would be what to look by, and a join without a
        -- limit one of all with all.
        JOIN public.messages AS m ON m.id = n.message_id AND coalesce(m.session_db_id = n.session_id, false)
        LEFT JOIN LATERAL (SELECT true AS is_known FROM scrollback.session_log AS l
                           WHERE l.subject_id = n.message_id AND coalesce(l.session_id = n.session_id, false) AND l.kind = 'message_added'
                           LIMIT 1) AS added ON true
        WHERE added.is_known IS NULL
      ) AS n
      LEFT JOIN LATERAL (SELECT l.number, l.messages_added, l.chain FROM scrollback.session_log AS l
                         WHERE n.nth = 1 AND l.session_id = n.session_id ORDER BY l.number DESC LIMIT 1) AS head ON true
    ) AS next
    -- Positions go by the order of all sessions.
    ORDER BY place
    -- A transaction with an old snapshot meets numbers that it cannot see; what has none then is refused below.
    ON CONFLICT (session_id, number) DO NOTHING
    RETURNING session_id, subject_id
  )
  -- The rest, without a join: a planner would not expect many, and compare all with all.
  SELECT array_agg(session_id ORDER BY place), array_agg(message_id ORDER BY place) INTO sessions, messages FROM (
    SELECT session_id, message_id, min(place) AS place FROM (
      SELECT session_id, message_id, place FROM unnest(sessions, messages) WITH ORDINALITY AS n (session_id, message_id, place)
      UNION ALL
      SELECT session_id, subject_id, NULL FROM added
    ) AS n GROUP BY session_id, message_id HAVING count(place) = count(*)
  ) AS rest;
  PERFORM scrollback.compare_message(session_id, message_id) FROM unnest(sessions, messages) AS known (session_id, message_id)
  WHERE message_id IS NOT NULL;
  PERFORM scrollback.compare_session(session_id)
  FROM (SELECT DISTINCT session_id FROM unnest(sessions, messages) AS n (session_id, message_id) WHERE message_id IS NULL) AS doubtful;
END
$$;

-- Numbers what is noted of these sessions, at most so many messages; returns how many. The caller holds the locks.
${numberLockedSessions(
  'CREATE',
  'SET enable_seqscan = off SET enable_bitmapscan = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan',
  `DELETE FROM scrollback.unnumbered_messages AS u
    USING (SELECT n.session_id, n.position FROM unnest(session_ids) AS session (id)
           JOIN scrollback.unnumbered_messages AS n ON n.session_id = session.id ORDER BY n.position LIMIT batch) AS next
    WHERE u.session_id = next.session_id AND u.position = next.position
    RETURNING u.session_id, u.message_id, u.written_at, u.position`,
)}

CREATE FUNCTION scrollback.adopt_locked_sessions(session_ids text[]) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM scrollback.waiting_sessions) THEN
    PERFORM scrollback.adopt_session(id) FROM unnest(session_ids) AS id;
  END IF;
END
$$;

-- Numbers what is noted and visible, at most so many messages. Says how many it took, whether there may be more, and
-- whether it left out sessions whose locks others hold, and how many were noted after the last that it took. Callers work
-- one after the other, so all else that was committed before is numbered when there is no more.
CREATE FUNCTION scrollback.number_messages(
  batch integer, OUT numbered integer, OUT has_more boolean, OUT left_out boolean, OUT behind bigint
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  done scrollback.numbering;
  this_table CONSTANT oid := 'scrollback.unnumbered_messages'::regclass;
  upto xid8;
  at_first pg_snapshot;
  last_noted bigint;
  places tid[];
  noted text[];
  locked text[];
  held text[] := '{}';
  sessions text[];
  messages text[];
  times timestamptz[];
BEGIN
  numbered := 0;
  has_more := false;
  left_out := false;
  behind := 0;
  SELECT * INTO done FROM scrollback.numbering;
  IF done.of_table = this_table AND done.before_transaction <= pg_snapshot_xmax(pg_current_snapshot())
      AND NOT EXISTS (SELECT FROM scrollback.unnumbered_messages WHERE transaction_id >= done.before_transaction)
      AND NOT EXISTS (SELECT FROM scrollback.unnumbered_messages WHERE transaction_id = ANY (done.in_flight))
      -- Where others have numbered it all, that is written down now and then.
      AND (done.updated_at > clock_timestamp() - interval '10 seconds'
        OR done.last_position IS NOT DISTINCT FROM pg_sequence_last_value('scrollback.unnumbered_messages_position_seq')) THEN
    RETURN;
  END IF;
  IF pg_is_in_recovery() THEN
    RAISE EXCEPTION 'messages are numbered on the primary only' USING ERRCODE = 'read_only_sql_transaction';
  END IF;
  PERFORM pg_advisory_xact_lock(${numberingLock});
  SELECT * INTO done FROM scrollback.numbering;
  IF done.of_table <> this_table OR done.before_transaction > pg_snapshot_xmax(pg_current_snapshot()) THEN
    done.before_transaction := '0';
  END IF;
  -- Its own number is in the log of the server with what it does, so that after a crash no later transaction has a lower one.
  -- What is in flight with a number above all that have ended is in no snapshot's list.
  upto := pg_current_xact_id();
  last_noted := pg_sequence_last_value('scrollback.unnumbered_messages_position_seq');
  at_first := pg_current_snapshot();
  upto := least(upto, pg_snapshot_xmax(at_first));
  LOOP
    -- By their places in the table, which the index of sessions would lead to through many that were deleted.
    SELECT array_agg(ctid), array_agg(DISTINCT session_id) INTO places, noted FROM (
      (SELECT ctid, session_id FROM scrollback.unnumbered_messages
       WHERE transaction_id = ANY (done.in_flight) AND session_id <> ALL (held) ORDER BY position LIMIT batch)
      UNION ALL
      (SELECT ctid, session_id FROM scrollback.unnumbered_messages
       WHERE transaction_id >= done.before_transaction AND session_id <> ALL (held) ORDER BY transaction_id, position LIMIT batch)
      LIMIT batch) AS next;
    locked := ARRAY(SELECT id FROM unnest(noted) AS id WHERE pg_try_advisory_xact_lock(${sessionLocks}, scrollback.session_lock(id)));
    IF cardinality(locked) < cardinality(noted) THEN
      held := held || ARRAY(SELECT unnest(noted) EXCEPT SELECT unnest(locked));
    END IF;
    -- A session that is held may fill a batch by itself.
    EXIT WHEN locked <> '{}' OR noted IS NULL;
  END LOOP;
  PERFORM pg_advisory_xact_lock_shared(scrollback.horizon_lock());
  PERFORM scrollback.adopt_locked_sessions(locked);
  WITH taken AS (
    DELETE FROM scrollback.unnumbered_messages WHERE ctid = ANY (places) AND session_id <> ALL (held)
    RETURNING session_id, message_id, written_at, position
  )
  SELECT array_agg(session_id ORDER BY position), array_agg(message_id ORDER BY position), array_agg(written_at ORDER BY position), count(*),
    greatest(pg_sequence_last_value('scrollback.unnumbered_messages_position_seq') - max(position), 0)
  INTO sessions, messages, times, numbered, behind FROM taken;
  IF numbered > 0 THEN
    PERFORM scrollback.append_messages(sessions, messages, times);
  END IF;
  has_more := coalesce(cardinality(places), 0) >= batch;
  left_out := held <> '{}';
  IF NOT has_more AND (done.of_table <> this_table OR done.updated_at < clock_timestamp() - interval '1 second') THEN
    UPDATE scrollback.numbering SET before_transaction = upto, of_table = this_table, updated_at = clock_timestamp(),
      last_position = last_noted,
      in_flight = ARRAY(
        SELECT id FROM pg_snapshot_xip(at_first) AS id WHERE id < upto
        UNION
        SELECT transaction_id FROM scrollback.unnumbered_messages
        WHERE session_id = ANY (held) AND transaction_id < upto);
  END IF;
END
$$;

-- The sessions of which something was noted since: by transactions from the first one on, or by these, which were in flight
-- then. And what to ask with the next time. Read in one snapshot, which a stable function's statements share.
CREATE FUNCTION scrollback.noted_sessions(
  since_transaction xid8, or_by xid8[], OUT session_ids text[], OUT next_transaction xid8, OUT in_flight xid8[]
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
BEGIN
  next_transaction := pg_snapshot_xmax(pg_current_snapshot());
  in_flight := ARRAY(SELECT pg_snapshot_xip(pg_current_snapshot()));
  -- After a restore or a failover there may be another history, whose transactions have lower numbers.
  IF since_transaction > next_transaction THEN
    since_transaction := '0';
  END IF;
  session_ids := ARRAY(
    SELECT session_id FROM scrollback.unnumbered_messages WHERE transaction_id >= since_transaction
    UNION
    SELECT session_id FROM scrollback.unnumbered_messages WHERE transaction_id = ANY (or_by));
END
$$;

-- Numbers what is noted of these sessions, for those who follow them. Says up to which position each of them goes now, and
-- which were left out because others hold their locks, mostly to do the same, or because it was more than a batch.
${numberFreeSessions('CREATE', '', 'EXISTS (SELECT FROM scrollback.unnumbered_messages WHERE session_id = id)')}

-- Both in one, for those who follow no more than a few sessions.
CREATE FUNCTION scrollback.number_followed_sessions(
  since_transaction xid8, or_by xid8[], followed text[],
  OUT noted text[], OUT next_transaction xid8, OUT in_flight xid8[], OUT numbered text[], OUT positions bigint[], OUT left_out text[]
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  SELECT n.session_ids, n.next_transaction, n.in_flight INTO noted, next_transaction, in_flight
  FROM scrollback.noted_sessions(since_transaction, or_by) AS n;
  SELECT n.numbered, n.positions, n.left_out INTO numbered, positions, left_out
  FROM scrollback.number_free_sessions(ARRAY(SELECT unnest(noted) INTERSECT SELECT unnest(followed))) AS n;
END
$$;

-- Numbers a batch of what is noted of these sessions, for whoever shows them and has found them held. Says whether it had
-- their locks: who holds one for long, which takes a transaction that checks its constraints before it commits, keeps
-- nobody from reading what is numbered.
CREATE FUNCTION scrollback.number_held_sessions(session_ids text[]) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s' AS $$
BEGIN
  PERFORM scrollback.take_locks(ARRAY(SELECT scrollback.session_lock(id) FROM unnest(session_ids) AS id));
  PERFORM scrollback.adopt_locked_sessions(session_ids);
  PERFORM scrollback.number_locked_sessions(session_ids, ${batch});
  RETURN true;
EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
  RETURN false;
END
$$;

-- The sessions of these messages of which something is noted that may be one of them.
CREATE FUNCTION scrollback.noted_sessions_of(message_ids text[]) RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN ARRAY(
    SELECT DISTINCT m.session_db_id FROM unnest(message_ids) AS message (id) JOIN public.messages AS m ON m.id = message.id
    WHERE EXISTS (SELECT FROM scrollback.unnumbered_messages AS u WHERE u.session_id = m.session_db_id AND (u.message_id = m.id OR u.message_id IS NULL)));
END
$$;
`;

const setting = (name: string): string => `pg_catalog.current_setting('scrollback.${name}', true)`;

/**
 * A save that deletes all messages of a session and inserts them again is compared with the log at commit. That needs no
 * note for each: from the first message that comes back, scrollback.unnoted names the session whose inserts are left to
 * the comparison, and one note says that it has to be compared. The first of the deletes that is looked at at commit
 * compares it and takes the note away; where there is none, because another trigger kept the rows or the settings were
 * lost, whoever numbers finds the note.
 */
const comparison = /* sql */ `
-- Afterwards the log knows all of the session: what was noted of it, by others as well, then what differs.
CREATE OR REPLACE FUNCTION scrollback.compare_messages(of_session_id text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM scrollback.begin_events();
  DELETE FROM scrollback.unnumbered_messages WHERE session_id = of_session_id AND message_id IS NULL;
  PERFORM scrollback.open_session_log(of_session_id);
  PERFORM scrollback.compare_session(of_session_id);
  -- Another session of the same lock may be waiting for its own comparison.
  IF ${setting('unnoted')} = '=' || of_session_id THEN
    PERFORM set_config('scrollback.unnoted', '', true);
  END IF;
  PERFORM set_config('scrollback.deleted_from', '', true), set_config('scrollback.rewritten', '0', true);
  -- It holds until the transaction writes to the session's messages again. Within another trigger, which may have been
  -- called between the note of a row and the row, nobody knows when that is.
  IF pg_trigger_depth() = 1 THEN
    PERFORM set_config('scrollback.compared', '=' || of_session_id, true), set_config('scrollback.touched', '', true),
      set_config('scrollback.locked', '', true);
  END IF;
END
$$;
`;

/** A row that came back in the same transaction is the business of its insert. */
const changes = /* sql */ `
CREATE OR REPLACE FUNCTION scrollback.log_deleted_message(message_session_id text, message_id text, tool_calls text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  now_asked text;
BEGIN
  IF ${setting('unnoted')} = '=' || message_session_id OR scrollback.is_worth_comparing(message_session_id) THEN
    PERFORM scrollback.compare_messages(message_session_id);
    RETURN;
  END IF;
  -- What is deleted was looked at, perhaps all of it: nothing is left to the commit any more.
  PERFORM set_config('scrollback.deleted_from', '', true);
  SELECT m.tool_calls INTO now_asked FROM public.messages AS m WHERE m.id = message_id AND m.session_db_id = message_session_id;
  IF NOT FOUND THEN
    PERFORM scrollback.log_message(message_session_id, message_id);
  END IF;
  IF tool_calls IS DISTINCT FROM now_asked THEN
    PERFORM scrollback.doubt_records(message_id);
  END IF;
END
$$;

CREATE OR REPLACE FUNCTION scrollback.message_deleted() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
BEGIN
  IF ${setting('touched')} ${is('=')} '' AND ${setting('compared')} ${is('=')} ('=' ${is('||')} OLD.session_db_id) THEN
    RETURN NULL;
  END IF;
  PERFORM scrollback.log_deleted_message(OLD.session_db_id, OLD.id, OLD.tool_calls);
  RETURN NULL;
END
$$;
${noteRewritten(
  'note_deleted_messages',
  ['OLD'],
  `IF coalesce(current_setting('scrollback.deleted_from', true), '') <> '=' || OLD.session_db_id THEN
    touched := set_config('scrollback.deleted_from', '=' || OLD.session_db_id, true);
  END IF;`,
)}`;

const reconciliation = reconcileSessions(
  'CREATE OR REPLACE',
  'PERFORM scrollback.open_session_log(id) FROM unnest(ids) AS id;',
);

const unindexed = /* sql */ `
CREATE OR REPLACE FUNCTION scrollback.unindexed_messages() RETURNS TABLE (message_id varchar)
LANGUAGE plpgsql STABLE ROWS 100 AS $$
BEGIN
  RETURN QUERY
    SELECT log.subject_id FROM scrollback.session_log AS log
    WHERE log.position > (SELECT position FROM scrollback.document_progress) AND log.message_sequence IS NOT NULL
    UNION
    SELECT u.message_id FROM scrollback.unnumbered_messages AS u WHERE u.message_id IS NOT NULL;
END
$$;
`;

/**
 * What comes with details was sent through a gateway, which answers with its number: it gets it at commit. Services write
 * no details.
 */
const ownMessages = /* sql */ `${noteSessionLock('note_own_message', ['NEW.session_id'], false, 'NEW')}
CREATE TRIGGER scrollback_note_inserted BEFORE INSERT ON scrollback.message_details
  FOR EACH ROW EXECUTE FUNCTION scrollback.note_own_message();

CREATE FUNCTION scrollback.number_own_message() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- Of a session that is created in this transaction the log tells first that it is there; see session_written().
  IF EXISTS (SELECT FROM scrollback.session_log WHERE session_id = NEW.session_id)
      OR EXISTS (SELECT FROM scrollback.waiting_sessions WHERE session_id = NEW.session_id) THEN
    PERFORM scrollback.open_session_log(NEW.session_id);
  END IF;
  RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER scrollback_inserted AFTER INSERT ON scrollback.message_details
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION scrollback.number_own_message();
`;

/** All that a service pays for a message. */
const inserts = /* sql */ `
DROP TRIGGER scrollback_note_inserted ON public.messages;
DROP FUNCTION scrollback.note_inserted_messages();
DROP TRIGGER scrollback_inserted ON public.messages;

CREATE OR REPLACE FUNCTION scrollback.message_inserted() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
BEGIN
  -- Unless a comparison will find it; see compare_messages().
  IF (CASE
    WHEN coalesce(${setting('deleted_from')}, '') ${is('<>')} ('=' ${is('||')} NEW.session_db_id) THEN true
    WHEN ${setting('unnoted')} ${is('=')} ('=' ${is('||')} NEW.session_db_id) THEN false
    WHEN coalesce(${setting('unnoted')}, '') ${is('<>')} '' THEN true
    WHEN scrollback.is_worth_comparing(NEW.session_db_id)
      THEN pg_catalog.set_config('scrollback.unnoted', '=' ${is('||')} NEW.session_db_id, true) IS NOT NULL
    -- Until more is deleted it stays so.
    ELSE pg_catalog.set_config('scrollback.deleted_from', '', true) IS NOT NULL
  END) THEN
    INSERT INTO scrollback.unnumbered_messages (session_id, message_id) VALUES (NEW.session_db_id,
      CASE WHEN ${setting('unnoted')} ${is('=')} ('=' ${is('||')} NEW.session_db_id) THEN NULL ELSE NEW.id END);
  END IF;
  RETURN NULL;
END
$$;
DROP FUNCTION scrollback.log_inserted_message(text, text);

CREATE TRIGGER scrollback_inserted AFTER INSERT ON public.messages
  FOR EACH ROW EXECUTE FUNCTION scrollback.message_inserted();
`;

/** A commit with a message to be numbered is a hint, as the row of the log will be. */
const publication = /* sql */ `
DO $$ BEGIN
  IF current_setting('server_version_num')::integer >= 150000 THEN
    ALTER PUBLICATION scrollback_log SET TABLE scrollback.session_log (position), scrollback.unnumbered_messages (position);
  ELSE
    ALTER PUBLICATION scrollback_log ADD TABLE scrollback.unnumbered_messages;
  END IF;
END $$;
`;

const callable =
  'scrollback.number_messages, scrollback.noted_sessions, scrollback.number_free_sessions, scrollback.number_followed_sessions, scrollback.number_held_sessions, scrollback.noted_sessions_of';

const rights = /* sql */ `
REVOKE ALL ON FUNCTION scrollback.chain_on_step, scrollback.chain_on, scrollback.open_session_log, scrollback.log_message, scrollback.append_event, scrollback.compare_session,
  scrollback.number_locked_session, scrollback.number_locked_sessions, scrollback.append_messages, scrollback.adopt_locked_sessions,
  scrollback.number_own_message, ${callable} FROM PUBLIC;
`;

const gatewayRights = [
  'GRANT SELECT ON scrollback.unnumbered_messages TO scrollback_gateway',
  `GRANT EXECUTE ON FUNCTION ${callable} TO scrollback_gateway`,
];

/** Ids of sessions and messages, and no word of anybody, as in the log. */
export const viewerNumberingRights = ['GRANT SELECT ON scrollback.unnumbered_messages TO scrollback_viewer'];
