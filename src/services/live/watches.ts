import type { LogEvent, LogPlace } from '../../change-feed/contract.ts';
import { logIdentityOf } from '../../databases/log-identity.ts';
import type { Followed, Live } from '../../live/live.ts';
import { persevere } from '../../live/persevere.ts';
import { stream } from '../../live/stream.ts';
import { decodeLogCursor, encodeLogCursor, cursorDiverged, type LogCursor } from '../../shared/cursor-codec.ts';
import { notFound } from '../../shared/errors.ts';
import { approvalSource } from '../approvals/approval-source.ts';
import { auditLogSource } from '../audit/audit-log-source.ts';
import { audienceOf, type Viewer } from '../identity/viewer.ts';
import { messageSource } from '../messages/message-source.ts';
import { pageRequestOf } from '../reading/page-request.ts';
import type { Edge } from '../reading/page.ts';
import { logScope } from '../reading/places.ts';
import { Reader, type Databases } from '../reading/reader.ts';
import type { Row, Source } from '../reading/source.ts';
import { sessionSource } from '../sessions/session-source.ts';

export interface Change {
  readonly kind: string;
  readonly changedAt: Date;
  readonly [field: string]: unknown;
}

type Filter = Readonly<Record<string, unknown>> | null;

const changeKinds: Readonly<Record<string, string>> = {
  message_edited: 'EDITED',
  message_removed: 'REMOVED',
  message_restored: 'RESTORED',
  session_created: 'CREATED',
  session_changed: 'CHANGED',
  session_removed: 'REMOVED',
  agent_switched: 'AGENT_SWITCHED',
  approval_requested: 'REQUESTED',
  approval_changed: 'CHANGED',
  approval_removed: 'REMOVED',
};

const pendingPageSize = 200;

/**
 * Streams for a viewer: where the way of a request and the way of a change meet. A log is followed from a cursor;
 * what it names is read with the viewer's predicate page by page, so rights are checked anew for each.
 */
export class Watches {
  readonly #databases: Databases;
  readonly #live: Live;

  constructor(databases: Databases, live: Live) {
    this.#databases = databases;
    this.#live = live;
  }

  /** Every message of the session after the cursor, then live; without a cursor what is committed from now on. */
  async messages(
    viewer: Viewer,
    sessionId: string,
    after: string | null,
    columns: readonly string[],
  ): Promise<AsyncIterableIterator<Edge>> {
    await this.#requireSession(viewer, sessionId);
    const log = this.#live.session(sessionId);
    const from = await this.#start(viewer, log, messageSource, sessionId, after, (cursor) => cursor.number);
    return this.#edges(viewer, log, from, async (events) => {
      await this.#requireSession(viewer, sessionId);
      return this.#rows(viewer, messageSource, events, columns, null);
    });
  }

  /** The same across all sessions that the viewer may read, in the order of commits. */
  async allMessages(
    viewer: Viewer,
    after: string | null,
    filter: Filter,
    columns: readonly string[],
  ): Promise<AsyncIterableIterator<Edge>> {
    const log = this.#live.allSessions();
    const from = await settled(
      log,
      await this.#start(viewer, log, messageSource, undefined, after, (cursor) => cursor.position),
    );
    return this.#edges(viewer, log, from, (events) =>
      this.#rows(
        viewer,
        messageSource,
        events.filter((event) => mayConcern(viewer, event)),
        columns,
        filter,
      ),
    );
  }

  async auditLogs(
    viewer: Viewer,
    after: string | null,
    filter: Filter,
    columns: readonly string[],
  ): Promise<AsyncIterableIterator<Edge>> {
    const log = this.#live.audit();
    const from = await this.#start(viewer, log, auditLogSource, null, after, (cursor) => cursor.number);
    return this.#edges(viewer, log, from, (events) => this.#rows(viewer, auditLogSource, events, columns, filter));
  }

  /** Edits and removals from now on. */
  async messageChanges(viewer: Viewer, sessionId: string): Promise<AsyncIterableIterator<Change>> {
    await this.#requireSession(viewer, sessionId);
    const log = this.#live.session(sessionId);
    const from = await log.head();
    return this.#changes(log, from, async (events) => {
      await this.#requireSession(viewer, sessionId);
      return events
        .filter((event) => event.kind !== 'message_added' && event.kind.startsWith('message_'))
        .map((event) => ({ ...changeOf(event), messageId: event.subjectId, sequence: event.messageSequence }));
    });
  }

  /** Changes of one session, or of all that the viewer may see. */
  async sessionChanges(viewer: Viewer, sessionId: string | null): Promise<AsyncIterableIterator<Change>> {
    if (sessionId !== null) await this.#requireSession(viewer, sessionId);
    const log = sessionId === null ? this.#live.allSessions() : this.#live.session(sessionId);
    const from = await log.head();
    let gone = false;
    return this.#changes(log, from, async (events) => {
      if (gone) throw notFound('The session');
      const changes = events.filter((event) => event.kind.startsWith('session_') || event.kind === 'agent_switched');
      const concerning = changes.filter((event) => mayConcern(viewer, event));
      const visible = await this.#visible(
        viewer,
        sessionSource,
        concerning.map((event) => event.sessionId ?? ''),
      );
      const found = concerning.flatMap((event) =>
        sessionChange(event, visible.has(event.sessionId ?? ''), sessionId !== null),
      );
      if (sessionId === null || concerning.length === 0 || visible.has(sessionId)) return found;
      // Out of sight is said once, and that is the end: what comes after is no longer this viewer's.
      gone = true;
      return found.slice(0, 1);
    });
  }

  /** The requests that are pending now, then new ones and what becomes of them. */
  async approvalChanges(viewer: Viewer, sessionId: string | null): Promise<AsyncIterableIterator<Change>> {
    if (sessionId !== null) await this.#requireSession(viewer, sessionId);
    const log = sessionId === null ? this.#live.allSessions() : this.#live.session(sessionId);
    // The place first, then the list: what comes in between is in both, and said once.
    const from = await log.head();
    const pending = await this.#pendingApprovals(viewer, sessionId);
    let listed: ReadonlySet<unknown> = new Set(pending.map((change) => change['approvalId']));
    const after = this.#changes(log, from, async (events) => {
      if (sessionId !== null) await this.#requireSession(viewer, sessionId);
      const changes = events.filter((event) => event.kind.startsWith('approval_') && mayConcern(viewer, event));
      // A page may be read again, so what is left of the list is only kept when the reading has succeeded.
      const left = new Set(listed);
      const news = changes.filter((event) => event.kind !== 'approval_requested' || !left.delete(event.subjectId));
      const visible = await this.#visible(
        viewer,
        approvalSource,
        news.map((event) => event.subjectId),
      );
      listed = left;
      return news
        .filter(
          (event) =>
            visible.has(event.subjectId) ||
            (event.kind === 'approval_removed' && concernsKnown(viewer, event, sessionId)),
        )
        .map((event) => ({ ...changeOf(event), approvalId: event.subjectId }));
    });
    return startingWith(pending, after);
  }

  async #requireSession(viewer: Viewer, sessionId: string): Promise<void> {
    const visible = await this.#visible(viewer, sessionSource, [sessionId]);
    if (!visible.has(sessionId)) throw notFound('The session');
  }

  #visible(viewer: Viewer, source: Source, keys: readonly string[]): Promise<ReadonlyMap<string, Row>> {
    return new Reader(this.#databases, viewer).some(source, [...new Set(keys)], []);
  }

  /** Pairs of event and row, in the order of events; what the viewer may not see, or what is gone, is not among them. */
  async #rows(
    viewer: Viewer,
    source: Source,
    events: readonly LogEvent[],
    columns: readonly string[],
    filter: Filter,
  ): Promise<[LogEvent, Row][]> {
    const added = events.filter((event) => event.kind === 'message_added' || event.kind === 'audit_log_added');
    const keys = added.map((event) => event.subjectId);
    const needed = source === messageSource ? [...new Set([...columns, 'sessionId'])] : columns;
    const rows = await new Reader(this.#databases, viewer).some(source, keys, needed, filter);
    return added.flatMap((event): [LogEvent, Row][] => {
      const row = rows.get(event.subjectId);
      // A message that has moved to another session is told of there.
      const moved = event.sessionId !== null && row?.['sessionId'] !== event.sessionId;
      return row === undefined || moved ? [] : [[event, row]];
    });
  }

  /** Where to start: at the cursor, or at the end of the log where there is none. */
  async #start(
    viewer: Viewer,
    log: Followed,
    source: Source,
    scopeKey: string | null | undefined,
    after: string | null,
    numberOf: (cursor: LogCursor) => number,
  ): Promise<LogPlace> {
    if (after === null) return log.head();
    const { keys, epoch } = await logIdentityOf(this.#databases[source.database], after);
    const seal = { keys, audience: audienceOf(viewer) };
    const cursor = decodeLogCursor(seal, scopeKey === undefined ? undefined : logScope(source, scopeKey), after);
    if (cursor.epoch !== epoch) throw cursorDiverged();
    return { number: numberOf(cursor), fingerprint: cursor.fingerprint };
  }

  #edges(
    viewer: Viewer,
    log: Followed,
    from: LogPlace,
    read: (events: readonly LogEvent[]) => Promise<[LogEvent, Row][]>,
  ): AsyncIterableIterator<Edge> {
    const databases = this.#databases;
    return stream(async function* (signal) {
      for await (const events of log.pages(from, signal)) {
        for (const [event, node] of (await persevere(() => read(events), signal)) ?? []) {
          const source = event.sessionId === null ? auditLogSource : messageSource;
          const identity = await persevere(() => logIdentityOf(databases[source.database]), signal);
          if (identity === undefined) return;
          const { keys, epoch } = identity;
          const seal = { keys, audience: audienceOf(viewer) };
          yield {
            node,
            get cursor(): string {
              return encodeLogCursor(seal, logScope(source, event.sessionId), {
                ...event,
                epoch,
                fingerprint: event.chain,
              });
            },
          };
        }
      }
    });
  }

  #changes(
    log: Followed,
    from: LogPlace,
    read: (events: readonly LogEvent[]) => Promise<Change[]>,
  ): AsyncIterableIterator<Change> {
    return stream(async function* (signal) {
      for await (const events of log.pages(from, signal)) {
        yield* (await persevere(() => read(events), signal)) ?? [];
      }
    });
  }

  async #pendingApprovals(viewer: Viewer, sessionId: string | null): Promise<Change[]> {
    const reader = new Reader(this.#databases, viewer);
    const query = {
      source: approvalSource,
      relation: null,
      filter: { status: ['PENDING'], sessionId },
      orderBy: { field: 'createdAt', descending: false },
      columns: ['id', 'createdAt'],
      withPlaces: true,
    };
    const found: Row[] = [];
    for (let after: string | null = null; ;) {
      const page = await reader.page({ ...query, request: pageRequestOf({ first: pendingPageSize, after }) }, null);
      found.push(...page.nodes);
      if (!page.pageInfo.hasNextPage) break;
      after = page.pageInfo.endCursor;
    }
    return found.map((row) => ({ kind: 'REQUESTED', approvalId: row['id'], changedAt: row['createdAt'] as Date }));
  }
}

/**
 * A session's cursor can be ahead of what is settled across sessions: then something with a lower position may still
 * be committed. It is followed from the settled end instead, which may say again what was written in the same instant.
 */
async function settled(log: Followed, place: LogPlace): Promise<LogPlace> {
  const head = await log.head();
  if (place.number <= head.number) return place;
  await log.check(place);
  return head;
}

const changeOf = (event: LogEvent): Change => ({
  kind: changeKinds[event.kind] ?? 'CHANGED',
  changedAt: event.createdAt,
});

/** A session that went out of the viewer's sight, deleted or given away, is gone for them. */
function sessionChange(event: LogEvent, visible: boolean, subscribedToIt: boolean): Change[] {
  const change = { ...changeOf(event), sessionId: event.sessionId };
  if (visible) return [change];
  return subscribedToIt || event.owner !== undefined ? [{ ...change, kind: 'REMOVED' }] : [];
}

/** Saves asking the database about events of other people's sessions; what passes is still read with the predicate. */
function mayConcern(viewer: Viewer, { owner }: LogEvent): boolean {
  if (owner === undefined || viewer.isAdmin) return true;
  if (owner.tenantId !== viewer.tenantId) return false;
  return viewer.isTenantAdmin ? owner.userId !== null : owner.userId !== null && owner.userId === viewer.userId;
}

/** Of a removed row the log alone is left: its session must be the viewer's by what the log says. */
const concernsKnown = (viewer: Viewer, event: LogEvent, sessionId: string | null): boolean =>
  sessionId !== null || (event.owner !== undefined && mayConcern(viewer, event));

function startingWith<Item>(first: readonly Item[], rest: AsyncIterableIterator<Item>): AsyncIterableIterator<Item> {
  return stream(async function* (signal) {
    const leave = (): void => void rest.return?.();
    signal.addEventListener('abort', leave, { once: true });
    yield* first;
    yield* rest;
  });
}
