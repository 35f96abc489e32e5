import type { LogEvent } from '../../change-feed/contract.ts';
import { notFound } from '../../shared/errors.ts';
import { approvalSource } from '../approvals/approval-source.ts';
import type { Viewer } from '../identity/viewer.ts';
import { pageRequestOf } from '../reading/page-request.ts';
import { Reader } from '../reading/reader.ts';
import type { Row } from '../reading/source.ts';
import { sessionSource } from '../sessions/session-source.ts';
import { Watch, type Reading } from './watch.ts';
import { isOwnedBy, mayConcern, type Watching } from './watching.ts';

export interface Change {
  readonly kind: string;
  readonly changedAt: Date;
  readonly [field: string]: unknown;
}

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

const changeOf = (event: LogEvent): Change => ({
  kind: changeKinds[event.kind] ?? 'CHANGED',
  changedAt: event.createdAt,
});

/** Edits and removals from now on. */
export async function watchMessageChanges(
  watching: Watching,
  viewer: Viewer,
  sessionId: string,
): Promise<Watch<Change>> {
  await watching.requireSession(viewer, sessionId);
  const log = watching.live.session(sessionId);
  return new Watch({
    log,
    from: await log.head(),
    async read(events) {
      await watching.requireSession(viewer, sessionId);
      return {
        items: events.map((event) =>
          event.kind !== 'message_added' && event.kind.startsWith('message_')
            ? { ...changeOf(event), messageId: event.subjectId, sequence: event.messageSequence }
            : null,
        ),
      };
    },
  });
}

const isSessionChange = ({ kind }: LogEvent): boolean => kind.startsWith('session_') || kind === 'agent_switched';

/** Changes of one session, which end when it is out of the viewer's sight. */
export async function watchSession(watching: Watching, viewer: Viewer, sessionId: string): Promise<Watch<Change>> {
  await watching.requireSession(viewer, sessionId);
  const log = watching.live.session(sessionId);
  return new Watch({
    log,
    from: await log.head(),
    async read(events): Promise<Reading<Change>> {
      const changes = events.map((event) => (isSessionChange(event) ? { ...changeOf(event), sessionId } : null));
      const visible = changes.some((change) => change !== null)
        ? await watching.visible(viewer, sessionSource, [sessionId])
        : new Map([[sessionId, {}]]);
      if (visible.has(sessionId)) return { items: changes };
      // Said once, and that is the end: what comes after is no longer this viewer's.
      const first = changes.findIndex((change) => change !== null);
      return {
        items: changes.map((change, index) =>
          index === first && change !== null ? { ...change, kind: 'REMOVED' } : null,
        ),
        end: notFound('The session'),
      };
    },
  });
}

/** Changes of all sessions that the viewer may see; one that goes out of sight, deleted or given away, is gone for them. */
export async function watchAllSessions(watching: Watching, viewer: Viewer): Promise<Watch<Change>> {
  const log = watching.live.allSessions();
  return new Watch({
    log,
    from: await log.head(),
    async read(events) {
      const concerning = new Set(events.filter((event) => isSessionChange(event) && mayConcern(viewer, event)));
      const sessionIds = [...concerning].map((event) => event.sessionId ?? '');
      const visible = await watching.visible(viewer, sessionSource, sessionIds);
      return {
        items: events.map((event) => {
          if (!concerning.has(event)) return null;
          const change = { ...changeOf(event), sessionId: event.sessionId };
          if (visible.has(event.sessionId ?? '')) return change;
          return wasSeen(viewer, event) ? { ...change, kind: 'REMOVED' } : null;
        }),
      };
    },
  });
}

/** Whether a session that cannot be seen any more was the viewer's by what the log and its row say. */
const wasSeen = (viewer: Viewer, { owner, formerOwner }: LogEvent): boolean =>
  [owner, formerOwner].some((one) => one != null && isOwnedBy(viewer, one));

/** The requests that are pending now, then new ones and what becomes of them. */
export async function watchApprovals(
  watching: Watching,
  viewer: Viewer,
  sessionId: string | null,
): Promise<Watch<Change>> {
  if (sessionId !== null) await watching.requireSession(viewer, sessionId);
  const log = sessionId === null ? watching.live.allSessions() : watching.live.session(sessionId);
  // The place first, then the list: what comes in between is in both, and said once.
  const from = await log.head();
  const first = await pendingApprovals(watching, viewer, sessionId);
  const isListed = listedOnce(first.map((change) => String(change['approvalId'])));
  return new Watch({
    log,
    from,
    first,
    isOwn: true,
    async read(events) {
      if (sessionId !== null) await watching.requireSession(viewer, sessionId);
      const isNews = (event: LogEvent): boolean =>
        event.kind.startsWith('approval_') && mayConcern(viewer, event) && !isListed(event);
      const news = new Set(events.filter(isNews));
      const visible = await watching.visible(
        viewer,
        approvalSource,
        [...news].map((event) => event.subjectId),
      );
      const isTold = (event: LogEvent): boolean =>
        visible.has(event.subjectId) ||
        // Of a removed row the log alone is left: its session must be the viewer's by what the log says.
        (event.kind === 'approval_removed' &&
          (sessionId !== null || (event.owner !== undefined && isOwnedBy(viewer, event.owner))));
      return {
        items: events.map((event) =>
          news.has(event) && isTold(event) ? { ...changeOf(event), approvalId: event.subjectId } : null,
        ),
      };
    },
  });
}

/** Whether an event is the request that was in the list: the first of its approval, also when it is asked again. */
function listedOnce(listed: readonly string[]): (event: LogEvent) => boolean {
  const requests = new Map<string, number | null>(listed.map((id) => [id, null]));
  return ({ kind, subjectId, position }) => {
    if (kind !== 'approval_requested') return false;
    const known = requests.get(subjectId);
    if (known === null) requests.set(subjectId, position);
    return known === null || known === position;
  };
}

const pendingPageSize = 200;

async function pendingApprovals({ databases }: Watching, viewer: Viewer, sessionId: string | null): Promise<Change[]> {
  const reader = new Reader(databases, viewer);
  const query = {
    source: approvalSource,
    relation: null,
    filter: { status: ['PENDING'], sessionId },
    orderBy: { field: 'createdAt', descending: false },
    columns: ['id', 'createdAt'],
    withPlaces: true,
    withMore: true,
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
