import type { Database } from '../databases/database.ts';
import {
  notedSessions,
  nothingLookedAt,
  numberFreeSessions,
  numberMessages,
  type Noted,
} from '../databases/numbering.ts';
import { allSessionsTopic, sessionOfTopic, sessionTopic } from './contract.ts';
import { patienceMs } from './feeds.ts';
import type { Topics } from './topics.ts';

export interface NumberedForListeners {
  /** In how many sessions messages were waiting. */
  readonly sessions: number;
  /** Whether some of them go on waiting, and may soon be numbered. */
  readonly isUnsettled: boolean;
}

/** Longer than a commit takes, mostly. */
const commitMs = 1000;
const within = { withinMs: patienceMs };

/**
 * Numbers what those wait for who listen: the sessions that they follow, or everything where somebody follows everything.
 * What nobody follows is left to readers and to a chore, so that a follower's message does not wait for it.
 */
export class NumberingForListeners {
  readonly #database: Database;
  readonly #topics: Topics;
  #noted: Noted = nothingLookedAt;
  /** Sessions that are to be numbered and were not, yet. */
  #waiting = new Set<string>();
  #leftOutSince: number | null = null;

  constructor(database: Database, topics: Topics) {
    this.#database = database;
    this.#topics = topics;
  }

  async number(): Promise<NumberedForListeners> {
    if (this.#topics.has(allSessionsTopic)) return this.#numberAll();
    const { sessionIds, noted } = await notedSessions(this.#database, this.#noted, within);
    for (const id of sessionIds) if (this.#topics.has(sessionTopic(id))) this.#waiting.add(id);
    // Their messages may have been noted before anybody listened.
    for (const topic of this.#topics.takeNew()) {
      const id = sessionOfTopic(topic);
      if (id !== null) this.#waiting.add(id);
    }
    // What waits is remembered, also where numbering fails.
    this.#noted = noted;
    if (this.#waiting.size > 0)
      this.#waiting = new Set(await numberFreeSessions(this.#database, [...this.#waiting], within));
    return { sessions: sessionIds.length, isUnsettled: this.#mayStillCome(this.#waiting.size > 0) };
  }

  async #numberAll(): Promise<NumberedForListeners> {
    const { hasMore, leftOut } = await numberMessages(this.#database, within);
    return { sessions: 0, isUnsettled: hasMore || this.#mayStillCome(leftOut) };
  }

  /** Who holds a lock for longer than a commit takes is waited for by the next polls. */
  #mayStillCome(leftOut: boolean): boolean {
    this.#leftOutSince = leftOut ? (this.#leftOutSince ?? performance.now()) : null;
    return this.#leftOutSince !== null && performance.now() - this.#leftOutSince < commitMs;
  }
}
