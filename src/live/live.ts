import type { Feeds, LogEvent, LogFeed, LogPlace, WakeUps } from '../change-feed/contract.ts';
import { sharedReading } from './shared-reading.ts';
import { Tails } from './tails.ts';

/** A log as it is followed: where it stands, and what comes after a place. */
export interface Followed {
  head(): Promise<LogPlace>;
  /** Throws GONE where the log no longer has the place's event. */
  check(place: LogPlace): Promise<void>;
  /** The next events, few enough to be held in memory; none where the place is the end. At once where they are at hand. */
  pageAfter(place: LogPlace): readonly LogEvent[] | Promise<readonly LogEvent[]>;
  /** Calls the listener whenever there may be more after an empty page, until the returned function is called. */
  listen(listener: () => void): () => void;
}

/** The logs as services follow them. */
export interface Logs {
  session(sessionId: string): Followed;
  allSessions(): Followed;
  audit(): Followed;
}

const theOnlyOne = '';

/** The logs with a tail for each that is watched. */
export class Live implements Logs {
  readonly #feeds: Feeds;
  readonly #sessions: Tails;
  readonly #allSessions: Followed;
  readonly #audit: Followed;

  constructor(feeds: Feeds, wakeUps: WakeUps) {
    this.#feeds = feeds;
    this.#sessions = new Tails({
      wakeUps,
      feedOf: (sessionId) => feeds.session(sessionId),
      read: (heads, limit) =>
        feeds.sessionPages(
          heads.map(({ key, place }) => ({ sessionId: key, place })),
          limit,
        ),
    });
    this.#allSessions = theOnlyLog(feeds.allSessions(), wakeUps);
    this.#audit = theOnlyLog(feeds.audit(), wakeUps);
  }

  session(sessionId: string): Followed {
    return followed(this.#feeds.session(sessionId), this.#sessions, sessionId);
  }

  allSessions(): Followed {
    return this.#allSessions;
  }

  audit(): Followed {
    return this.#audit;
  }
}

const followed = (feed: LogFeed, tails: Tails, key: string): Followed => ({
  head: () => feed.head(),
  check: async (place) => void (await feed.pageAfter(place, 1)),
  pageAfter: (place) => tails.pageAfter(key, place),
  listen: (listener) => tails.listen(key, listener),
});

/** Many begin at its end at once, as when all clients come back. */
const theOnlyLog = (feed: LogFeed, wakeUps: WakeUps): Followed => ({
  ...followed(feed, onlyTail(feed, wakeUps), theOnlyOne),
  head: sharedReading(() => feed.head()),
});

/** Where its history is another one the reading fails, which has everybody ask for themselves as well. */
const onlyTail = (feed: LogFeed, wakeUps: WakeUps): Tails =>
  new Tails({
    wakeUps,
    feedOf: () => feed,
    read: (heads, limit) => Promise.all(heads.map(({ place }) => feed.pageAfter(place, limit))),
  });
