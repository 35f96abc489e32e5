import sql from 'sql-template-tag';
import {
  allSessionsTopic,
  sessionTopic,
  type Feeds,
  type LogEvent,
  type LogFeed,
  type LogPlace,
} from '../../../src/change-feed/contract.ts';
import type { Database } from '../../../src/databases/database.ts';

/** Called with what is pushed, until the returned function is called. */
export type Push = (receive: (event: LogEvent) => void) => () => void;

const placeOf = (number: number): LogPlace => ({ number, fingerprint: Buffer.alloc(8) });
const columns = sql`l.session_id AS "sessionId", l.number, l.position, l.kind, l.subject_id AS "subjectId",
  l.message_sequence AS "messageSequence", l.chain, l.created_at AS "createdAt"`;

/** Numbers alone: no horizon across sessions, no fingerprint anywhere. */
export function bareNumberFeeds(database: Database, real: Feeds): Feeds {
  const query = (statement: ReturnType<typeof sql>): Promise<LogEvent[]> => database.query<LogEvent>(statement);
  return {
    audit: () => real.audit(),
    session: (sessionId): LogFeed => ({
      topic: sessionTopic(sessionId),
      placeOf: (event) => placeOf(event.number),
      head: async () => {
        const [last] = await query(
          sql`SELECT ${columns} FROM scrollback.session_log AS l WHERE l.session_id = ${sessionId} ORDER BY l.number DESC LIMIT 1`,
        );
        return placeOf(last?.number ?? 0);
      },
      pageAfter: ({ number }, limit) =>
        query(
          sql`SELECT ${columns} FROM scrollback.session_log AS l WHERE l.session_id = ${sessionId} AND l.number > ${number} ORDER BY l.number LIMIT ${limit}`,
        ),
    }),
    allSessions: (): LogFeed => ({
      topic: allSessionsTopic,
      placeOf: (event) => placeOf(event.position),
      head: async () => {
        const [last] = await query(
          sql`SELECT ${columns} FROM scrollback.session_log AS l ORDER BY l.position DESC LIMIT 1`,
        );
        return placeOf(last?.position ?? 0);
      },
      pageAfter: ({ number }, limit) =>
        query(
          sql`SELECT ${columns} FROM scrollback.session_log AS l WHERE l.position > ${number} ORDER BY l.position LIMIT ${limit}`,
        ),
    }),
  };
}

/** What is pushed while somebody is connected, and nothing else: cursors are taken and not looked at. */
export function pushFeeds(push: Push, real: Feeds): Feeds {
  const feed = (topic: string, concerns: (event: LogEvent) => boolean): LogFeed => {
    const queue: LogEvent[] = [];
    push((event) => {
      if (concerns(event)) queue.push(event);
    });
    return {
      topic,
      placeOf: (event) => placeOf(event.position),
      head: () => Promise.resolve(placeOf(0)),
      pageAfter: (_place, limit) => Promise.resolve(queue.splice(0, limit)),
    };
  };
  return {
    audit: () => real.audit(),
    session: (sessionId) => feed(sessionTopic(sessionId), (event) => event.sessionId === sessionId),
    allSessions: () => feed(allSessionsTopic, () => true),
  };
}
