/** Advisory locks: a class of two-part keys for sessions, the upper 16 bits of a one-part key for the horizon. */
export const sessionLocks = 727_465_003;
export const horizonLock = 23595;
/** By which those who give numbers behind the commit work one after the other. */
export const numberingLock = 727_465_004;

/** Which lock is a session's. Written out where services run it, which have no rights in our schema. */
export const lockOf = (sessionId: string): string => `(hashtextextended(${sessionId}, 0) & 1023)::integer`;

/** An operator that is PostgreSQL's own, in functions that take their writer's search_path as it is: setting one for a function costs 40 µs a call. */
export const is = (operator: string): string => `OPERATOR(pg_catalog.${operator})`;

/** What of a session is an event when it changes. Migrations that have run say it, so another list would be another name. */
export const sessionColumns = (row: string): string =>
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
export function insertEvent(event: EventColumns): string {
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
