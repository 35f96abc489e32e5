import type { LogEvent, LogPlace } from '../../change-feed/contract.ts';
import { logIdentityOf } from '../../databases/log-identity.ts';
import type { Followed, Logs } from '../../live/live.ts';
import { cursorDiverged, decodeLogCursor, encodeLogCursor, type LogCursor } from '../../shared/cursor-codec.ts';
import { notFound, ScrollbackError } from '../../shared/errors.ts';
import { audienceOf, type Viewer } from '../identity/viewer.ts';
import type { Edge } from '../reading/page.ts';
import { logScope, Places } from '../reading/places.ts';
import type { Databases } from '../reading/reader.ts';
import type { Row, Source } from '../reading/source.ts';
import { sessionSource } from '../sessions/session-source.ts';
import { RowsTogether, viewersRows } from './rows-together.ts';
import { TurnReaders } from './turn-readers.ts';

export type Filter = Readonly<Record<string, unknown>> | null;

/** Which rows of a page of events are wanted. */
export interface WantedRows {
  readonly source: Source;
  readonly columns: readonly string[];
  readonly filter: Filter;
}

/** Where a stream is to start. */
export interface Start {
  readonly log: Followed;
  readonly source: Source;
  /** The key of the one log whose cursors will do; undefined where those of any log of the source do. */
  readonly scopeKey: string | null | undefined;
  readonly after: string | null;
  readonly counter: 'number' | 'position';
}

/** An edge whose cursor is made when it is asked for. */
class EventEdge implements Edge {
  readonly node: Row;
  readonly #cursor: () => string;

  constructor(node: Row, cursor: () => string) {
    this.node = node;
    this.#cursor = cursor;
  }

  get cursor(): string {
    return this.#cursor();
  }
}

/** What the streams have in common: reading with a viewer's rights, and turning cursors into places and back. */
export class Watching {
  readonly live: Logs;
  readonly databases: Databases;
  readonly readers: TurnReaders;
  readonly #together: RowsTogether;

  constructor(databases: Databases, live: Logs) {
    this.databases = databases;
    this.live = live;
    this.readers = new TurnReaders(databases);
    this.#together = new RowsTogether(databases);
  }

  async requireSession(viewer: Viewer, sessionId: string): Promise<void> {
    const visible = await this.visible(viewer, sessionSource, [sessionId]);
    if (!visible.has(sessionId)) throw notFound('The session');
  }

  visible(viewer: Viewer, source: Source, keys: readonly string[]): Promise<ReadonlyMap<string, Row>> {
    return this.readers.of(viewer).some(source, [...new Set(keys)], []);
  }

  /** Reads for each event its row, or null where the viewer may not see it or it is gone. */
  rows(viewer: Viewer, wanted: WantedRows): (events: readonly LogEvent[]) => Promise<(Row | null)[]> {
    const some = this.#some(viewer, wanted);
    return async (events) => {
      const additions = events.filter(isAddition);
      const rows = await some(additions);
      return events.map((event) => {
        const row = isAddition(event) ? rows.get(event.subjectId) : undefined;
        // A message that has moved to another session is told of there.
        const moved = event.sessionId !== null && row?.['sessionId'] !== event.sessionId;
        return row === undefined || moved ? null : row;
      });
    };
  }

  /** Together with other viewers, unless each of them has to be known to the database, or asks for something of their own. */
  #some(viewer: Viewer, { source, columns, filter }: WantedRows): SomeRows {
    const alone: SomeRows = (events) =>
      this.readers.of(viewer).some(
        source,
        events.map(({ subjectId }) => subjectId),
        columns,
        filter,
      );
    const mayShare = filter === null && !this.databases[source.database].readsAsViewer;
    const rows = mayShare ? viewersRows(viewer, source, columns) : null;
    if (rows === null) return alone;
    return (events) => {
      if (events.length === 0) return none;
      // What is long is counted, as in every answer to somebody.
      if (events.reduce((bytes, { size }) => bytes + size, 0) > maxBytesTogether) return alone(events);
      return this.#together.some(
        rows,
        events.map(({ subjectId }) => subjectId),
      );
    };
  }

  /** Rows with the cursors of their events. */
  async edges(
    viewer: Viewer,
    source: Source,
    events: readonly LogEvent[],
    rows: readonly (Row | null)[],
  ): Promise<(Edge | null)[]> {
    const { keys, epoch } = await logIdentityOf(this.databases[source.database]);
    const seal = { keys, audience: audienceOf(viewer) };
    const cursorOf = ({ sessionId, number, position, chain }: LogEvent): string =>
      encodeLogCursor(seal, logScope(source, sessionId), { epoch, number, position, fingerprint: chain });
    return events.map((event, index) => {
      const node = rows[index] ?? null;
      if (node === null) return null;
      return new EventEdge(node, () => cursorOf(event));
    });
  }

  /** Where the history has become another one: where to read on. */
  async explain<Reason>(
    reason: Reason,
    viewer: Viewer,
    source: Source,
    scopeKey: string | null,
  ): Promise<Reason | Error> {
    const order = source.orders[source.defaultOrder];
    if (!(reason instanceof ScrollbackError) || reason.details['reason'] !== 'CURSOR_DIVERGED') return reason;
    if (order === undefined) return reason;
    const database = this.databases[source.database];
    const list = { source, orderName: source.defaultOrder, order, parentKey: scopeKey, viewer };
    return (await Places.of(database, list, [])).diverged(database);
  }

  /** Where to start: at the cursor, or at the end of the log where there is none. */
  async start(viewer: Viewer, { log, source, scopeKey, after, counter }: Start): Promise<LogPlace> {
    if (after === null) return log.head();
    const { keys, epoch } = await logIdentityOf(this.databases[source.database], after);
    const seal = { keys, audience: audienceOf(viewer) };
    const cursor: LogCursor = decodeLogCursor(
      seal,
      scopeKey === undefined ? undefined : logScope(source, scopeKey),
      after,
    );
    if (cursor.epoch !== epoch) throw await this.explain(cursorDiverged(), viewer, source, scopeKey ?? null);
    return { number: cursor[counter], fingerprint: cursor.fingerprint };
  }
}

type SomeRows = (events: readonly LogEvent[]) => Promise<ReadonlyMap<string, Row>>;

const none: ReturnType<SomeRows> = Promise.resolve(new Map());

const maxBytesTogether = 64 * 1024;

const isAddition = ({ kind }: LogEvent): boolean => kind === 'message_added' || kind === 'audit_log_added';

const ownersStayForMs = 1000;

/**
 * Saves asking the database about events of other people's sessions; what passes is still read with the predicate. Whose
 * a session was is known from when the event was read, which may be long ago for those who are behind.
 */
export function mayConcern(viewer: Viewer, { owner, formerOwner, readAt }: LogEvent): boolean {
  if (owner === undefined || viewer.isAdmin || performance.now() - readAt > ownersStayForMs) return true;
  return isOwnedBy(viewer, owner) || (formerOwner != null && isOwnedBy(viewer, formerOwner));
}

/** As the viewer's predicate has it. */
export function isOwnedBy(viewer: Viewer, owner: NonNullable<LogEvent['owner']>): boolean {
  if (viewer.isAdmin) return true;
  if (owner.tenantId !== viewer.tenantId || owner.userId === null) return false;
  return viewer.isTenantAdmin || owner.userId === viewer.userId;
}
