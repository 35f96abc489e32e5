import { Migration } from '@mikro-orm/migrations';
import { horizonLock, insertEvent, lockOf, sessionLocks } from '../log-event.ts';

/**
 * What the session log is written with: the chain, the horizon, the locks, the numbering of what was there before.
 *
 * Locks are advisory ones, by which the writers of a session queue from numbering to commit. They are taken in the
 * commit phase only, for all sessions of a transaction at once and in sorted order, so no mix of writers can deadlock
 * on them.
 */
export class SessionLog extends Migration {
  override name = '03-session-log';

  override up(): void {
    this.addSql(chain);
    this.addSql(horizon);
    this.addSql(adoption);
    this.addSql(locking);
    this.addSql(events);
  }
}

/** The helpers on the writers' path are single expressions, declared so that PostgreSQL inlines them, and bound when they are defined. */
const chain = /* sql */ `
CREATE FUNCTION scrollback.chain_step(previous bytea, event bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN sha256(previous || event);

-- As a window function: the chain values of rows that are numbered in one statement.
CREATE AGGREGATE scrollback.chain(event bytea) (sfunc = scrollback.chain_step, stype = bytea, initcond = '');

CREATE FUNCTION scrollback.event_bytes(
  session_id text, number bigint, kind text, subject_id text, message_sequence bigint, content_hash bytea, created_at timestamptz
) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE RETURN convert_to(
  session_id || E'\\x1f' || number::text || E'\\x1f' || kind || E'\\x1f' || subject_id || E'\\x1f'
    || coalesce(message_sequence, 0)::text || E'\\x1f' || extract(epoch FROM created_at)::text,
  'UTF8') || coalesce(content_hash, ''::bytea);

CREATE FUNCTION scrollback.content_hash(role text, content text, name text, tool_call_id text, tool_calls text) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE RETURN sha256(convert_to(ROW(role, content, name, tool_call_id, tool_calls)::text, 'UTF8'));

-- Sessions share a bounded number of locks: a transaction that touches very many must not fill the lock table.
CREATE FUNCTION scrollback.session_lock(session_id text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN ${lockOf('session_id')};

-- Key of the lock that holds the horizon back; see log_horizon().
CREATE FUNCTION scrollback.horizon_lock() RETURNS bigint
LANGUAGE sql VOLATILE RETURN (${horizonLock}::bigint << 48) | coalesce(pg_sequence_last_value('scrollback.log_position'), 0);
`;

const horizon = /* sql */ `
-- Every log row at or below this position is committed and visible to statements that start after the call, or never
-- will be. A writer takes a shared advisory lock that names the last position given out, before it takes positions
-- of its own, and holds it until its rows are visible; so what is in flight lies above the lowest lock. The lock is
-- held for the commit phase only: a transaction that stays open does not hold the horizon back.
CREATE FUNCTION scrollback.log_horizon() RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  given_out bigint := coalesce(pg_sequence_last_value('scrollback.log_position'), 0);
  lowest bigint;
BEGIN
  SELECT min(((classid::bigint & 65535) << 32) | objid::bigint) INTO lowest
  FROM pg_locks
  WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint >> 16 = ${horizonLock}
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database());
  RETURN least(given_out, lowest);
END
$$;
`;

const adoption = /* sql */ `
-- Gives numbers to the messages of a session that was there before the log. The caller holds the session's lock.
CREATE FUNCTION scrollback.adopt_session(adopted_session_id text) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  DELETE FROM scrollback.waiting_sessions WHERE session_id = adopted_session_id;
  IF NOT FOUND THEN
    RETURN;
  END IF;
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
END
$$;

-- The same for the next so many sessions that wait; returns how many it took.
CREATE FUNCTION scrollback.adopt_sessions(batch integer) RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  waiting text[] := ARRAY(SELECT session_id FROM scrollback.waiting_sessions ORDER BY session_id LIMIT batch);
BEGIN
  PERFORM scrollback.take_locks(ARRAY(SELECT scrollback.session_lock(session_id) FROM unnest(waiting) AS session_id));
  PERFORM scrollback.adopt_session(session_id) FROM unnest(waiting) AS session_id;
  RETURN cardinality(waiting);
END
$$;
`;

const locking = /* sql */ `
CREATE FUNCTION scrollback.take_locks(locks integer[]) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  held text;
BEGIN
  PERFORM pg_advisory_xact_lock(${sessionLocks}, lock)
  FROM (SELECT DISTINCT unnest(locks) AS lock ORDER BY 1) AS sorted;
  held := pg_advisory_xact_lock_shared(scrollback.horizon_lock());
END
$$;

-- Before the first event of a transaction, and again when it has touched more: the locks of all its sessions.
CREATE FUNCTION scrollback.begin_events() RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  touched text := current_setting('scrollback.touched', true);
BEGIN
  IF touched IS DISTINCT FROM current_setting('scrollback.locked', true) THEN
    PERFORM scrollback.take_locks(string_to_array(btrim(touched, ','), ',,')::integer[]);
    touched := set_config('scrollback.locked', touched, true);
  END IF;
END
$$;
`;

const events = /* sql */ `
-- Appends an event that is not about a message.
CREATE FUNCTION scrollback.append_event(event_session_id text, event_kind text, event_subject_id text) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  head record;
  next_number bigint;
  at timestamptz := clock_timestamp();
BEGIN
  PERFORM scrollback.begin_events();
  PERFORM scrollback.adopt_session(event_session_id);
  SELECT number, messages_added, chain INTO head
  FROM scrollback.session_log WHERE session_id = event_session_id ORDER BY number DESC LIMIT 1;
  next_number := coalesce(head.number, 0) + 1;
  ${insertEvent({
    sessionId: 'event_session_id',
    number: 'next_number',
    kind: 'event_kind',
    subjectId: 'event_subject_id',
    messageSequence: 'NULL',
    messagesAdded: 'coalesce(head.messages_added, 0)',
    contentHash: 'NULL',
    previousChain: 'head.chain',
    at: 'at',
  })}
END
$$;
`;
