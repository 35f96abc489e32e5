import { Migration } from '@mikro-orm/migrations';
import { giveWay } from '../give-way.ts';
import { insertEvent, is, lockOf, sessionColumns, sessionLocks } from '../log-event.ts';

/**
 * The triggers that fill the session log, whoever writes.
 *
 * All of it happens in the writer's commit: rows are remembered by deferred constraint triggers, because only at
 * commit is it known whether a deleted message came back (a save of the agent-runtime service deletes and re-inserts
 * all messages of a session). The functions compare what is there with what the log says last; so an event is
 * written once, whatever the number and order of the statements.
 *
 * For the locks to be taken at once, each row notes its session's lock in the transaction-local setting scrollback.touched
 * (settings roll back with savepoints, as the rows do).
 *
 * This is the writers' hot path. A transaction that only adds messages, which is what most do, pays one statement per
 * message; what else may have happened is looked into only where rows were updated or deleted as well.
 */
export class LogTriggers extends Migration {
  override name = '04-log-triggers';

  override up(): void {
    this.addSql(giveWay);
    this.addSql(lockTables);
    this.addSql(waitingSessions);
    this.addSql(logMessage);
    this.addSql(messageTriggers);
    this.addSql(otherTriggers);
  }
}

/** In the order in which a save takes them: otherwise it and the migration would wait for each other, every time. */
const lockTables = /* sql */ `
LOCK TABLE public.sessions, public.messages, public.agent_switches, public.pending_approvals IN SHARE ROW EXCLUSIVE MODE;
`;

/** Whoever writes to them first numbers what they have; migrate() does it for the rest. */
const waitingSessions = /* sql */ `INSERT INTO scrollback.waiting_sessions (session_id) SELECT id FROM public.sessions`;

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
  lock pg_catalog.int4 := scrollback.session_lock(NEW.session_db_id);
  hash pg_catalog.bytea;
  at pg_catalog.timestamptz;
BEGIN
  IF touched ${is('<>')} coalesce(pg_catalog.current_setting('scrollback.locked', true), '')
      AND touched ${is('=')} (',' ${is('||')} lock::pg_catalog.text ${is('||')} ',') THEN
    touched := pg_catalog.pg_advisory_xact_lock(${sessionLocks}, lock);
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
 * Notes the lock of a row's session in scrollback.touched, where it is not there yet, and that messages were rewritten.
 * Locks and not sessions: they are bounded in number, so the note stays short however many rows a statement has. Plain
 * functions without rights of their own: they run for every row of every writer.
 */
export const noteSessionLock = (
  name: string,
  sessionIds: readonly string[],
  rewritten: boolean,
  result: 'NEW' | 'OLD',
): string => /* sql */ `
CREATE FUNCTION scrollback.${name}() RETURNS trigger
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  touched text := coalesce(current_setting('scrollback.touched', true), '');
  lock text;
BEGIN
  ${sessionIds
    .map(
      (sessionId) => `lock := ',' || ${lockOf(sessionId)}::text || ',';
  IF strpos(touched, lock) = 0 THEN
    touched := set_config('scrollback.touched', touched || lock, true);
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
    noteSessionLock(`note_inserted_${table}`, [`NEW.${column}`], false, 'NEW'),
    noteSessionLock(`note_updated_${table}`, [`OLD.${column}`, `NEW.${column}`], table === 'messages', 'NEW'),
    noteSessionLock(`note_deleted_${table}`, [`OLD.${column}`], table === 'messages', 'OLD'),
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
    `PERFORM set_config('scrollback.touched', coalesce(current_setting('scrollback.touched', true), '') || lock, true)
  FROM (SELECT ',' || ${lockOf('session_db_id')}::text || ',' AS lock FROM public.agent_contexts WHERE id = NEW.context_db_id) AS context
  WHERE strpos(coalesce(current_setting('scrollback.touched', true), ''), lock) = 0;
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
