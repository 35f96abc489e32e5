import type { Feeds, LogEvent, LogFeed, LogPlace, WakeUps } from '../change-feed/contract.ts';
import { follow } from './follow.ts';

/** A followed log: where it stands, and its pages from there on. */
export interface Followed {
  head(): Promise<LogPlace>;
  /** Throws GONE where the log no longer has the place's event. */
  check(place: LogPlace): Promise<void>;
  pages(from: LogPlace, signal: AbortSignal): AsyncGenerator<readonly LogEvent[], void>;
}

/** The logs as services follow them. */
export class Live {
  readonly #feeds: Feeds;
  readonly #wakeUps: WakeUps;

  constructor(feeds: Feeds, wakeUps: WakeUps) {
    this.#feeds = feeds;
    this.#wakeUps = wakeUps;
  }

  session(sessionId: string): Followed {
    return this.#followed(this.#feeds.session(sessionId));
  }

  allSessions(): Followed {
    return this.#followed(this.#feeds.allSessions());
  }

  audit(): Followed {
    return this.#followed(this.#feeds.audit());
  }

  #followed(feed: LogFeed): Followed {
    return {
      head: () => feed.head(),
      check: async (place) => void (await feed.pageAfter(place, 1)),
      pages: (from, signal) => follow(feed, from, this.#wakeUps, signal),
    };
  }
}
