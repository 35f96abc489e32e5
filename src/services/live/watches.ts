import type { Outlet } from '../../live/follower.ts';
import type { Logs } from '../../live/live.ts';
import { Shares } from '../../live/shares.ts';
import type { Viewer } from '../identity/viewer.ts';
import type { Edge } from '../reading/page.ts';
import type { Databases, Reader } from '../reading/reader.ts';
import { watchAllSessions, watchApprovals, watchMessageChanges, watchSession, type Change } from './change-watches.ts';
import { endOfAllMessages, watchAllMessages, watchAuditLogs, watchMessages } from './edge-watches.ts';
import type { Watch } from './watch.ts';
import { Watching, type Filter } from './watching.ts';

export interface FollowOptions {
  /** Equal for all who ask the same with the same rights. */
  readonly key: string;
  readonly write: (item: object) => Promise<string>;
  readonly outlet: Outlet;
  /** Called when nothing more will come, with the reason. */
  readonly ended: (reason: unknown) => void;
}

/**
 * Streams for a viewer: where the way of a request and the way of a change meet. A log is followed from a cursor;
 * what it names is read with the viewer's predicate page by page, so rights are checked anew for each.
 */
export class Watches {
  readonly #watching: Watching;
  readonly #shares = new Shares();

  constructor(databases: Databases, live: Logs) {
    this.#watching = new Watching(databases, live);
  }

  messages(viewer: Viewer, sessionId: string, after: string | null, columns: readonly string[]): Promise<Watch<Edge>> {
    return watchMessages(this.#watching, viewer, sessionId, after, columns);
  }

  allMessages(viewer: Viewer, after: string | null, filter: Filter, columns: readonly string[]): Promise<Watch<Edge>> {
    return watchAllMessages(this.#watching, viewer, after, filter, columns);
  }

  endOfAllMessages(viewer: Viewer): Promise<string> {
    return endOfAllMessages(this.#watching, viewer);
  }

  auditLogs(viewer: Viewer, after: string | null, filter: Filter, columns: readonly string[]): Promise<Watch<Edge>> {
    return watchAuditLogs(this.#watching, viewer, after, filter, columns);
  }

  messageChanges(viewer: Viewer, sessionId: string): Promise<Watch<Change>> {
    return watchMessageChanges(this.#watching, viewer, sessionId);
  }

  sessionChanges(viewer: Viewer, sessionId: string | null): Promise<Watch<Change>> {
    return sessionId === null
      ? watchAllSessions(this.#watching, viewer)
      : watchSession(this.#watching, viewer, sessionId);
  }

  approvalChanges(viewer: Viewer, sessionId: string | null): Promise<Watch<Change>> {
    return watchApprovals(this.#watching, viewer, sessionId);
  }

  /** Writes what the watch gives to the outlet, until the returned function is called; once for all with the same key. */
  follow(watch: Watch, { key, write, outlet, ended }: FollowOptions): () => void {
    return this.#shares.follow({
      key: watch.isOwn ? null : key,
      log: watch.log,
      from: watch.from,
      first: watch.first.map((item) => () => write(item)),
      async write(events) {
        const { items, ...rest } = await watch.read(events);
        return { texts: await Promise.all(items.map(async (item) => (item === null ? null : write(item)))), ...rest };
      },
      outlet,
      ended: (reason) =>
        void watch
          .explain(reason)
          .catch(() => reason)
          .then(ended),
    });
  }

  /** Reads for this viewer together with all who have the same rights and read in the same turn. */
  readerOf(viewer: Viewer): Reader {
    return this.#watching.readers.of(viewer);
  }
}
