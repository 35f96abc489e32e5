import type { Database } from '../databases/database.ts';
import {
  notedSessions,
  nothingLookedAt,
  numberFollowedSessions,
  numberFreeSessions,
  numberMessages,
  type Noted,
  type NumberedSessions,
} from '../databases/numbering.ts';
import { allSessionsTopic, sessionOfTopic, sessionTopic } from './contract.ts';
import { patienceMs } from './feeds.ts';
import type { Topics } from './topics.ts';

export interface NumberedForListeners {
  /** In how many sessions messages were waiting. */
  readonly sessions: number;
  /** Followed sessions that have new messages, and up to which position of the log they go. */
  readonly positions: ReadonlyMap<string, number>;
  /** Whether some of them go on waiting, and may soon be numbered. */
  readonly isUnsettled: boolean;
}

/** Longer than a commit takes, mostly. */
const commitMs = 1000;
/** So many topics are told to the database with every look; more are looked up here, which takes another round trip. */
const fewTopics = 200;
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
  readonly #waiting = new Set<string>();
  #leftOutSince: number | null = null;

  constructor(database: Database, topics: Topics) {
    this.#database = database;
    this.#topics = topics;
  }

  async number(): Promise<NumberedForListeners> {
    if (this.#topics.has(allSessionsTopic)) return this.#numberAll();
    // Their messages may have been noted before anybody listened.
    for (const id of sessionsOf(this.#topics.takeNew())) this.#waiting.add(id);
    const isSimple = this.#waiting.size === 0 && this.#topics.size <= fewTopics;
    const { sessionIds, positions } = await (isSimple ? this.#numberAtOnce() : this.#numberInTwoSteps());
    return { sessions: sessionIds.length, positions, isUnsettled: this.#mayStillCome(this.#waiting.size > 0) };
  }

  async #numberAll(): Promise<NumberedForListeners> {
    const { hasMore, leftOut } = await numberMessages(this.#database, within);
    return { sessions: 0, positions: new Map(), isUnsettled: hasMore || this.#mayStillCome(leftOut) };
  }

  async #numberAtOnce(): Promise<Found> {
    const followed = [...sessionsOf(this.#topics.names())];
    const found = await numberFollowedSessions(this.#database, this.#noted, followed, within);
    this.#noted = found.noted;
    for (const id of found.leftOut) this.#waiting.add(id);
    return found;
  }

  async #numberInTwoSteps(): Promise<Found> {
    const { sessionIds, noted } = await notedSessions(this.#database, this.#noted, within);
    for (const id of sessionIds) if (this.#topics.has(sessionTopic(id))) this.#waiting.add(id);
    // What waits is remembered, also where numbering fails.
    this.#noted = noted;
    if (this.#waiting.size === 0) return { sessionIds, positions: new Map() };
    const { positions, leftOut } = await numberFreeSessions(this.#database, [...this.#waiting], within);
    this.#waiting.clear();
    for (const id of leftOut) this.#waiting.add(id);
    return { sessionIds, positions };
  }

  /** Who holds a lock for longer than a commit takes is waited for by the next polls. */
  #mayStillCome(leftOut: boolean): boolean {
    this.#leftOutSince = leftOut ? (this.#leftOutSince ?? performance.now()) : null;
    return this.#leftOutSince !== null && performance.now() - this.#leftOutSince < commitMs;
  }
}

interface Found extends Pick<NumberedSessions, 'positions'> {
  readonly sessionIds: readonly string[];
}

function* sessionsOf(topics: Iterable<string>): Generator<string> {
  for (const topic of topics) {
    const id = sessionOfTopic(topic);
    if (id !== null) yield id;
  }
}
