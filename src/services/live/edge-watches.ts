import type { LogPlace } from '../../change-feed/contract.ts';
import { logIdentityOf } from '../../databases/log-identity.ts';
import type { Followed } from '../../live/live.ts';
import { encodeLogCursor } from '../../shared/cursor-codec.ts';
import { auditLogSource } from '../audit/audit-log-source.ts';
import { audienceOf, type Viewer } from '../identity/viewer.ts';
import { messageSource } from '../messages/message-source.ts';
import type { Edge } from '../reading/page.ts';
import { logScope } from '../reading/places.ts';
import { Watch } from './watch.ts';
import { mayConcern, type Filter, type Watching } from './watching.ts';

const withSession = (columns: readonly string[]): string[] => [...new Set([...columns, 'sessionId'])];

/** Every message of the session after the cursor, then live; without a cursor what is committed from now on. */
export async function watchMessages(
  watching: Watching,
  viewer: Viewer,
  sessionId: string,
  after: string | null,
  columns: readonly string[],
): Promise<Watch<Edge>> {
  await watching.requireSession(viewer, sessionId);
  const log = watching.live.session(sessionId);
  const source = messageSource;
  const rowsOf = watching.rows(viewer, { source, columns: withSession(columns), filter: null });
  return new Watch({
    log,
    from: await watching.start(viewer, { log, source, scopeKey: sessionId, after, counter: 'number' }),
    async read(events) {
      const rows = await rowsOf(events);
      // A row that is there says that its session is, too.
      if (rows.includes(null)) await watching.requireSession(viewer, sessionId);
      return { items: await watching.edges(viewer, source, events, rows) };
    },
    explain: (reason) => watching.explain(reason, viewer, source, sessionId),
  });
}

/** The same across all sessions that the viewer may read, in the order of commits. */
export async function watchAllMessages(
  watching: Watching,
  viewer: Viewer,
  after: string | null,
  filter: Filter,
  columns: readonly string[],
): Promise<Watch<Edge>> {
  const log = watching.live.allSessions();
  const source = messageSource;
  const rowsOf = watching.rows(viewer, { source, columns: withSession(columns), filter });
  const start = await watching.start(viewer, { log, source, scopeKey: undefined, after, counter: 'position' });
  return new Watch({
    log,
    from: after === null ? start : await settled(log, start),
    async read(events) {
      const concerning = events.filter((event) => mayConcern(viewer, event));
      const found = new Map((await rowsOf(concerning)).map((row, index) => [concerning[index], row]));
      const rows = events.map((event) => found.get(event) ?? null);
      return { items: await watching.edges(viewer, source, events, rows) };
    },
    explain: (reason) => watching.explain(reason, viewer, source, null),
  });
}

export async function watchAuditLogs(
  watching: Watching,
  viewer: Viewer,
  after: string | null,
  filter: Filter,
  columns: readonly string[],
): Promise<Watch<Edge>> {
  const log = watching.live.audit();
  const source = auditLogSource;
  const rowsOf = watching.rows(viewer, { source, columns, filter });
  return new Watch({
    log,
    from: await watching.start(viewer, { log, source, scopeKey: null, after, counter: 'number' }),
    async read(events) {
      const rows = await rowsOf(events);
      return { items: await watching.edges(viewer, source, events, rows) };
    },
    explain: (reason) => watching.explain(reason, viewer, source, null),
  });
}

/** A cursor at the end of what is settled across sessions; it names no session and tells nothing of one. */
export async function endOfAllMessages({ databases, live }: Watching, viewer: Viewer): Promise<string> {
  const { number: position, fingerprint } = await live.allSessions().head();
  const { keys, epoch } = await logIdentityOf(databases.agentRuntime);
  const seal = { keys, audience: audienceOf(viewer) };
  return encodeLogCursor(seal, logScope(messageSource, null), { epoch, number: position, position, fingerprint });
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
