import { sql } from '../../../src/shared/sql.ts';
import {
  allSessionsTopic,
  sessionTopic,
  type Feeds,
  type LogEvent,
  type LogFeed,
  type LogPlace,
} from '../../../src/change-feed/contract.ts';
import type { Database } from '../../../src/databases/database.ts';
import type { Followed, Logs } from '../../../src/live/live.ts';

/** Called with what is pushed, until the returned function is called. */
export type Push = (receive: (event: LogEvent) => void) => () => void;

const placeOf = (number: number): LogPlace => ({ number, fingerprint: Buffer.alloc(8) });
const columns = sql`l.session_id AS "sessionId", l.number, l.position, l.kind, l.subject_id AS "subjectId",
  l.message_sequence AS "messageSequence", l.chain, l.created_at AS "createdAt"`;

/** Numbers alone: no horizon across sessions, no fingerprint anywhere. */
export function bareNumberFeeds(database: Database, real: Feeds): Feeds {
  const query = async (statement: ReturnType<typeof sql>, counter: 'number' | 'position'): Promise<LogEvent[]> =>
    (await database.query<LogEvent>(statement)).map((event) => ({
      ...event,
      place: placeOf(event[counter]),
      size: 0,
      readAt: performance.now(),
    }));
  const session = (sessionId: string): LogFeed => ({
    topic: sessionTopic(sessionId),
    head: async () => {
      const [last] = await query(
        sql`SELECT ${columns} FROM scrollback.session_log AS l WHERE l.session_id = ${sessionId} ORDER BY l.number DESC LIMIT 1`,
        'number',
      );
      return last?.place ?? placeOf(0);
    },
    pageAfter: ({ number }, limit) =>
      query(
        sql`SELECT ${columns} FROM scrollback.session_log AS l WHERE l.session_id = ${sessionId} AND l.number > ${number} ORDER BY l.number LIMIT ${limit}`,
        'number',
      ),
  });
  return {
    audit: () => real.audit(),
    session,
    sessionPages: (places, limit) =>
      Promise.all(places.map(({ sessionId, place }) => session(sessionId).pageAfter(place, limit))),
    allSessions: (): LogFeed => ({
      topic: allSessionsTopic,
      head: async () => {
        const [last] = await query(
          sql`SELECT ${columns} FROM scrollback.session_log AS l ORDER BY l.position DESC LIMIT 1`,
          'position',
        );
        return last?.place ?? placeOf(0);
      },
      pageAfter: ({ number }, limit) =>
        query(
          sql`SELECT ${columns} FROM scrollback.session_log AS l WHERE l.position > ${number} ORDER BY l.position LIMIT ${limit}`,
          'position',
        ),
    }),
  };
}

/** What is pushed while somebody is connected, and nothing else: cursors are taken and not looked at. */
export function pushedLogs(push: Push, real: Logs): Logs {
  return {
    audit: () => real.audit(),
    session: (sessionId) => pushedLog(push, (event) => event.sessionId === sessionId),
    allSessions: () => pushedLog(push, () => true),
  };
}

function pushedLog(push: Push, concerns: (event: LogEvent) => boolean): Followed {
  const events: LogEvent[] = [];
  const listeners = new Set<() => void>();
  /** Where a reader stands among what was pushed; one that comes with a cursor stands at the end. */
  const standing = new WeakMap<LogPlace, number>();
  const placeAt = (index: number): LogPlace => {
    const place = { number: index, fingerprint: Buffer.from('arrivals') };
    standing.set(place, index);
    return place;
  };
  push((event) => {
    if (!concerns(event)) return;
    events.push({ ...event, place: placeAt(events.length + 1), size: 0, readAt: performance.now() });
    setImmediate(() => listeners.forEach((listener) => listener()));
  });
  return {
    head: () => Promise.resolve(placeAt(events.length)),
    check: () => Promise.resolve(),
    pageAfter: (place) => {
      const from = standing.get(place) ?? events.length;
      standing.set(place, from);
      return events.slice(from, from + 100);
    },
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
