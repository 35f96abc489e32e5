/**
 * What the two logs look like to everybody who follows them. A log is an ordered sequence of committed events; a
 * place in it is "right after this event". Wake-ups are hints that say when to look: they may be lost, doubled or lie.
 */

export interface LogEvent {
  /** The session's; null in a log that is not about sessions. */
  readonly sessionId: string | null;
  /** 1, 2, 3 … without gaps within a session's log, or within a log that is one for all. */
  readonly number: number;
  /** Order across sessions; not dense. */
  readonly position: number;
  readonly kind: string;
  readonly subjectId: string;
  readonly messageSequence: number | null;
  readonly chain: Buffer;
  readonly createdAt: Date;
  /** Right after this event. */
  readonly place: LogPlace;
  /** Bytes of the row that the event names, as far as they are text of any length. */
  readonly size: number;
  /** When it was read, as performance.now() counts. */
  readonly readAt: number;
  /** Whose session it was when the event was read; only where a log is followed across sessions. */
  readonly owner?: SessionOwner;
  /** Whose it was until this event took it from them. */
  readonly formerOwner?: SessionOwner | null;
}

export interface SessionOwner {
  readonly userId: string | null;
  readonly tenantId: string | null;
}

/** Right after the event of this number, whose chain value starts with the fingerprint. Number 0: before the first. */
export interface LogPlace {
  readonly number: number;
  readonly fingerprint: Buffer;
}

export interface LogFeed {
  /** What wake-ups for this feed are about. */
  readonly topic: string;
  /** The place after the last event there is. */
  head(): Promise<LogPlace>;
  /**
   * The next events after a place, at most `limit`, in order. Nothing that commits later will come before them.
   * Throws GONE (CURSOR_DIVERGED) when the log no longer has the place's event.
   */
  pageAfter(place: LogPlace, limit: number): Promise<readonly LogEvent[]>;
}

export interface SessionPlace {
  readonly sessionId: string;
  readonly place: LogPlace;
}

/** Where feeds come from: one log per session and over all sessions, and the audit trail. */
export interface Feeds {
  session(sessionId: string): LogFeed;
  allSessions(): LogFeed;
  audit(): LogFeed;
  /** The next events of many sessions at once, in the order of the places; null where the log no longer has the place's event. */
  sessionPages(places: readonly SessionPlace[], limit: number): Promise<readonly (readonly LogEvent[] | null)[]>;
}

export interface WakeUps {
  /** Calls the listener whenever the topic may have something new, until the returned function is called. */
  listen(topic: string, listener: () => void): () => void;
}

export const allSessionsTopic = 'all sessions';
export const auditTopic = 'audit';
const sessionPrefix = 'session ';
export const sessionTopic = (sessionId: string): string => `${sessionPrefix}${sessionId}`;
/** Null for a topic that is no session's. */
export const sessionOfTopic = (topic: string): string | null =>
  topic.startsWith(sessionPrefix) ? topic.slice(sessionPrefix.length) : null;
