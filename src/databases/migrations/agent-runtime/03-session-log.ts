import { Migration } from '@mikro-orm/migrations';
import { giveWay } from '../give-way.ts';

/**
 * The triggers that fill the session log, whoever writes.
 *
 * All of it happens in the writer's commit: rows are remembered by deferred constraint triggers, because only at
 * commit is it known whether a deleted message came back (a save of the agent-runtime service deletes and re-inserts
 * all messages of a session). The functions compare what is there with what the log says last; so an event is
 * written once, whatever the number and order of the statements.
 *
 * Locks: advisory ones, by which the writers of a session queue from numbering to commit. They are taken in the commit
 * phase only, for all sessions of a transaction at once and in sorted order, so no mix of writers can deadlock on
 * them. To know the sessions, each row notes its own in the transaction-local setting scrollback.touched (settings
 * roll back with savepoints, as the rows do).
 *
 * This is the writers' hot path. A transaction that only adds messages, which is what most do, pays one statement per
 * message; what else may have happened is looked into only where rows were updated or deleted as well.
 */
export class SessionLog extends Migration {
  override name = '03-session-log';

  override up(): void {
    this.addSql(giveWay);
    this.addSql(lockTables);
    this.addSql(chain);
    this.addSql(horizon);
    this.addSql(adoption);
    this.addSql(locking);
    this.addSql(events);
    this.addSql(logMessage);
    this.addSql(messageTriggers);
    this.addSql(otherTriggers);
    this.addSql(documents);
  }
}

/** In the order in which a save takes them: otherwise it and the migration would wait for each other, every time. */
const lockTables = /* sql */ `
LOCK TABLE public.sessions, public.messages, public.agent_switches, public.pending_approvals IN SHARE ROW EXCLUSIVE MODE;
`;

/** Advisory locks: a class of two-part keys for sessions, the upper 16 bits of a one-part key for the horizon. */
const sessionLocks = 727_465_003;
const horizonLock = 23595;

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
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN (hashtextextended(session_id, 0) & 1023)::integer;

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
INSERT INTO scrollback.waiting_sessions (session_id) SELECT id FROM public.sessions;

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
  PERFORM scrollback.lock_sessions(waiting);
  PERFORM scrollback.adopt_session(session_id) FROM unnest(waiting) AS session_id;
  RETURN cardinality(waiting);
END
$$;
`;

const locking = /* sql */ `
CREATE FUNCTION scrollback.lock_sessions(session_ids text[]) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  held text;
BEGIN
  PERFORM pg_advisory_xact_lock(${sessionLocks}, lock) FROM (
    SELECT DISTINCT scrollback.session_lock(session_id) AS lock FROM unnest(session_ids) AS session_id ORDER BY 1
  ) AS sorted;
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
    PERFORM scrollback.lock_sessions(string_to_array(btrim(touched, E'\\x1e'), E'\\x1e\\x1e'));
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

interface EventColumns {
  readonly sessionId: string;
  readonly number: string;
  readonly kind: string;
  readonly subjectId: string;
  readonly messageSequence: string;
  readonly messagesAdded: string;
  readonly contentHash: string;
  readonly previousChain: string;
  readonly at: string;
}

/** The statement that appends to the log, as text, so that the hot path has no call in between. */
function insertEvent(event: EventColumns): string {
  const { sessionId, number, kind, subjectId, messageSequence, contentHash, at } = event;
  return `INSERT INTO scrollback.session_log
    (session_id, number, kind, subject_id, message_sequence, messages_added, content_hash, chain, created_at)
  VALUES (${sessionId}, ${number}, ${kind}, ${subjectId}, ${messageSequence}, ${event.messagesAdded}, ${contentHash},
    scrollback.chain_step(coalesce(${event.previousChain}, ''::bytea),
      scrollback.event_bytes(${sessionId}, ${number}, ${kind}, ${subjectId}, ${messageSequence}, ${contentHash}, ${at})),
    ${at})
  ON CONFLICT (session_id, number) DO NOTHING;
  IF NOT FOUND THEN
    -- Only a transaction with a snapshot older than its lock gets here; it must start again, as on any such conflict.
    RAISE EXCEPTION 'could not serialize access to the log of session %', ${sessionId} USING ERRCODE = 'serialization_failure';
  END IF;`;
}

/** An operator that is PostgreSQL's own, whatever the writer's search_path offers. */
const is = (operator: string): string => `OPERATOR(pg_catalog.${operator})`;

/** Brings the log up to what the messages table says of one message. */
const logMessage = /* sql */ `
CREATE FUNCTION scrollback.log_message(message_session_id text, message_id text) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  hash bytea;
  is_there boolean;
  last_event record;
  head record;
  event_kind text;
  sequence bigint;
  at timestamptz := clock_timestamp();
BEGIN
  PERFORM scrollback.begin_events();
  PERFORM scrollback.adopt_session(message_session_id);
  SELECT scrollback.content_hash(role, content, name, tool_call_id, tool_calls) INTO hash
  FROM public.messages WHERE id = message_id AND session_db_id = message_session_id;
  is_there := FOUND;
  SELECT kind, message_sequence, content_hash INTO last_event FROM (
    (SELECT kind, message_sequence, content_hash, number FROM scrollback.session_log
     WHERE subject_id = message_id AND session_id = message_session_id AND kind = 'message_added')
    UNION ALL
    (SELECT kind, message_sequence, content_hash, number FROM scrollback.session_log
     WHERE subject_id = message_id AND session_id = message_session_id AND kind <> 'message_added' AND message_sequence IS NOT NULL
     ORDER BY number DESC LIMIT 1)
  ) AS event ORDER BY number DESC LIMIT 1;
  event_kind := CASE
    WHEN is_there AND last_event.kind IS NULL THEN 'message_added'
    WHEN is_there AND last_event.kind = 'message_removed' THEN 'message_restored'
    WHEN is_there AND last_event.content_hash IS DISTINCT FROM hash THEN 'message_edited'
    WHEN NOT is_there AND last_event.kind <> 'message_removed' THEN 'message_removed'
  END;
  IF event_kind IS NULL THEN
    RETURN;
  END IF;
  SELECT number, messages_added, chain INTO head
  FROM scrollback.session_log WHERE session_id = message_session_id ORDER BY number DESC LIMIT 1;
  sequence := coalesce(last_event.message_sequence, coalesce(head.messages_added, 0) + 1);
  ${insertEvent({
    sessionId: 'message_session_id',
    number: 'coalesce(head.number, 0) + 1',
    kind: 'event_kind',
    subjectId: 'message_id',
    messageSequence: 'sequence',
    messagesAdded: 'greatest(sequence, head.messages_added)',
    contentHash: 'hash',
    previousChain: 'head.chain',
    at: 'at',
  })}
END
$$;

-- Where nothing was updated or deleted in this transaction, the row is there as it was inserted; and unless the log has
-- its message already, or knows nothing of its session yet, the next row of the log is all there is to do. The rest
-- goes the long way, and so do transactions with an old snapshot, which may meet numbers that they cannot see.
-- Setting a search_path would cost as much as the log row itself; instead every name here says its schema.
CREATE FUNCTION scrollback.message_inserted() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
DECLARE
  touched pg_catalog.text := pg_catalog.current_setting('scrollback.touched', true);
  hash pg_catalog.bytea;
  at pg_catalog.timestamptz;
BEGIN
  IF touched ${is('<>')} coalesce(pg_catalog.current_setting('scrollback.locked', true), '')
      AND touched ${is('=')} (E'\\x1e' ${is('||')} NEW.session_db_id ${is('||')} E'\\x1e') THEN
    touched := pg_catalog.pg_advisory_xact_lock(${sessionLocks}, scrollback.session_lock(NEW.session_db_id));
    touched := pg_catalog.pg_advisory_xact_lock_shared(scrollback.horizon_lock());
    touched := pg_catalog.set_config('scrollback.locked', pg_catalog.current_setting('scrollback.touched', true), true);
  END IF;
  IF touched ${is('=')} pg_catalog.current_setting('scrollback.locked', true)
      AND coalesce(pg_catalog.current_setting('scrollback.rewritten', true), '') ${is('=')} ''
      AND pg_catalog.current_setting('transaction_isolation') ${is('=')} 'read committed' THEN
    hash := scrollback.content_hash(NEW.role, NEW.content, NEW.name, NEW.tool_call_id, NEW.tool_calls);
    at := pg_catalog.clock_timestamp();
    INSERT INTO scrollback.session_log
      (session_id, number, kind, subject_id, message_sequence, messages_added, content_hash, chain, created_at)
    SELECT NEW.session_db_id, next.number, 'message_added', NEW.id, next.sequence, next.sequence, hash,
           scrollback.chain_step(next.chain, scrollback.event_bytes(
             NEW.session_db_id, next.number, 'message_added', NEW.id, next.sequence, hash, at)), at
    FROM (SELECT l.number ${is('+')} 1 AS number, l.messages_added ${is('+')} 1 AS sequence, l.chain
          FROM scrollback.session_log AS l
          WHERE l.session_id ${is('=')} NEW.session_db_id ORDER BY l.number DESC LIMIT 1) AS next
    WHERE NOT EXISTS (SELECT FROM scrollback.session_log AS l
                      WHERE l.subject_id ${is('=')} NEW.id AND l.session_id ${is('=')} NEW.session_db_id AND l.kind ${is('=')} 'message_added');
    IF FOUND THEN
      RETURN NULL;
    END IF;
  END IF;
  PERFORM scrollback.log_inserted_message(NEW.session_db_id, NEW.id);
  RETURN NULL;
END
$$;

CREATE FUNCTION scrollback.log_inserted_message(message_session_id text, message_id text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM scrollback.log_message(message_session_id, message_id);
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

/**
 * Notes a row's session in scrollback.touched, where it is not there yet, and that a row was rewritten. Plain functions
 * without rights of their own: they run for every row of every writer.
 */
const noteFunction = (
  name: string,
  sessionIds: readonly string[],
  rewritten: boolean,
  result: 'NEW' | 'OLD',
): string => /* sql */ `
CREATE FUNCTION scrollback.${name}() RETURNS trigger
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  touched text := coalesce(current_setting('scrollback.touched', true), '');
BEGIN
  ${sessionIds
    .map(
      (sessionId) => `IF strpos(touched, E'\\x1e' || ${sessionId} || E'\\x1e') = 0 THEN
    touched := set_config('scrollback.touched', touched || E'\\x1e' || ${sessionId} || E'\\x1e', true);
  END IF;`,
    )
    .join('\n  ')}
  ${rewritten ? `touched := set_config('scrollback.rewritten', 'yes', true);` : ''}
  RETURN ${result};
END
$$;
`;

/** Triggers that note the sessions of a table's rows. */
const noteSessions = (table: string, column: string): string =>
  [
    noteFunction(`note_inserted_${table}`, [`NEW.${column}`], false, 'NEW'),
    noteFunction(`note_updated_${table}`, [`OLD.${column}`, `NEW.${column}`], true, 'NEW'),
    noteFunction(`note_deleted_${table}`, [`OLD.${column}`], true, 'OLD'),
    ...(['INSERT', 'UPDATE', 'DELETE'] as const).map((event) => {
      const name = { INSERT: 'inserted', UPDATE: 'updated', DELETE: 'deleted' }[event];
      return /* sql */ `
CREATE TRIGGER scrollback_note_${name} BEFORE ${event} ON public.${table} FOR EACH ROW EXECUTE FUNCTION scrollback.note_${name}_${table}();
`;
    }),
  ].join('');

const loggedColumns = (row: string): string =>
  `(${row}.id, ${row}.session_db_id, ${row}.role, ${row}.content, ${row}.name, ${row}.tool_call_id, ${row}.tool_calls)`;

const messageTriggers = [
  triggerFunction('message_updated', 'PERFORM scrollback.log_message(NEW.session_db_id, NEW.id); RETURN NULL;'),
  triggerFunction('message_moved', 'PERFORM scrollback.log_message(OLD.session_db_id, OLD.id); RETURN NULL;'),
  triggerFunction(
    'message_deleted',
    `-- A row that came back in the same transaction is the business of its insert.
  IF NOT EXISTS (SELECT FROM public.messages WHERE id = OLD.id AND session_db_id = OLD.session_db_id) THEN
    PERFORM scrollback.log_message(OLD.session_db_id, OLD.id);
  END IF;
  RETURN NULL;`,
  ),
  noteSessions('messages', 'session_db_id'),
  /* sql */ `
CREATE CONSTRAINT TRIGGER scrollback_inserted AFTER INSERT ON public.messages
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION scrollback.message_inserted();
CREATE CONSTRAINT TRIGGER scrollback_updated AFTER UPDATE ON public.messages
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (${loggedColumns('OLD')} IS DISTINCT FROM ${loggedColumns('NEW')})
  EXECUTE FUNCTION scrollback.message_updated();
CREATE CONSTRAINT TRIGGER scrollback_moved AFTER UPDATE ON public.messages
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN ((OLD.id, OLD.session_db_id) IS DISTINCT FROM (NEW.id, NEW.session_db_id))
  EXECUTE FUNCTION scrollback.message_moved();
CREATE CONSTRAINT TRIGGER scrollback_deleted AFTER DELETE ON public.messages
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION scrollback.message_deleted();
`,
].join('');

const sessionColumns = (row: string): string =>
  [
    'title',
    'description',
    'is_active',
    'deleted_at',
    'user_id',
    'tenant_id',
    'metadata',
    'closed_at',
    'archived_at',
    'lifetime_seconds',
  ]
    .map((column) => `${row}.${column}`)
    .join(', ');

/** A session's `last_activity` moves with every message; that alone is no event. */
const otherTriggers = [
  triggerFunction(
    'session_written',
    `PERFORM scrollback.append_event(NEW.id, CASE TG_OP WHEN 'INSERT' THEN 'session_created' ELSE 'session_changed' END, NEW.id);
  RETURN NULL;`,
  ),
  triggerFunction(
    'session_deleted',
    `PERFORM scrollback.append_event(OLD.id, 'session_removed', OLD.id); RETURN NULL;`,
  ),
  triggerFunction(
    'approval_written',
    `PERFORM scrollback.append_event(
    NEW.session_id, CASE TG_OP WHEN 'INSERT' THEN 'approval_requested' ELSE 'approval_changed' END, NEW.id);
  RETURN NULL;`,
  ),
  triggerFunction(
    'approval_deleted',
    `PERFORM scrollback.append_event(OLD.session_id, 'approval_removed', OLD.id); RETURN NULL;`,
  ),
  triggerFunction(
    'note_agent_switch',
    `PERFORM set_config('scrollback.touched', coalesce(current_setting('scrollback.touched', true), '') || E'\\x1e' || session_db_id || E'\\x1e', true)
  FROM public.agent_contexts
  WHERE id = NEW.context_db_id
    AND strpos(coalesce(current_setting('scrollback.touched', true), ''), E'\\x1e' || session_db_id || E'\\x1e') = 0;
  RETURN NULL;`,
  ),
  triggerFunction(
    'agent_switch_written',
    `-- Re-inserted switches were logged before.
  IF NOT EXISTS (SELECT FROM scrollback.session_log WHERE subject_id = NEW.id AND kind = 'agent_switched') THEN
    PERFORM scrollback.append_event(session_db_id, 'agent_switched', NEW.id) FROM public.agent_contexts WHERE id = NEW.context_db_id;
  END IF;
  RETURN NULL;`,
  ),
  noteSessions('sessions', 'id'),
  noteSessions('pending_approvals', 'session_id'),
  /* sql */ `
CREATE CONSTRAINT TRIGGER scrollback_inserted AFTER INSERT ON public.sessions
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION scrollback.session_written();
CREATE CONSTRAINT TRIGGER scrollback_updated AFTER UPDATE ON public.sessions
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN ((${sessionColumns('OLD')}) IS DISTINCT FROM (${sessionColumns('NEW')}))
  EXECUTE FUNCTION scrollback.session_written();
CREATE CONSTRAINT TRIGGER scrollback_deleted AFTER DELETE ON public.sessions
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION scrollback.session_deleted();

CREATE CONSTRAINT TRIGGER scrollback_inserted AFTER INSERT ON public.pending_approvals
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION scrollback.approval_written();
CREATE CONSTRAINT TRIGGER scrollback_updated AFTER UPDATE ON public.pending_approvals
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.decision_reason IS DISTINCT FROM NEW.decision_reason)
  EXECUTE FUNCTION scrollback.approval_written();
CREATE CONSTRAINT TRIGGER scrollback_deleted AFTER DELETE ON public.pending_approvals
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION scrollback.approval_deleted();

CREATE TRIGGER scrollback_note AFTER INSERT ON public.agent_switches FOR EACH ROW
  EXECUTE FUNCTION scrollback.note_agent_switch();
CREATE CONSTRAINT TRIGGER scrollback_inserted AFTER INSERT ON public.agent_switches
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION scrollback.agent_switch_written();
`,
].join('');

const documents = /* sql */ `
-- PostgreSQL's russian configuration stems Cyrillic words as Russian and Latin words as English. A document holds 1 MB
-- and fails beyond; of a text of up to 250 kB, odd as it may be, it never gets so large.
CREATE FUNCTION scrollback.search_document(content text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT to_tsvector('pg_catalog.russian',
    left(coalesce(content, ''), CASE WHEN octet_length(left(content, 200000)) > 250000 THEN 60000 ELSE 200000 END))
$$;

-- Takes the next events of the log into message_documents; returns how many it took. One caller works at a time,
-- the others return 0 at once.
CREATE FUNCTION scrollback.index_documents(batch integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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
