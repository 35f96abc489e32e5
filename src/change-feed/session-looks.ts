import type { Database } from '../databases/database.ts';
import { lookAtLog, noNotes, type LookAtLog } from '../databases/look.ts';
import { numberFreeSessions, numberMessages } from '../databases/numbering.ts';
import { allSessionsTopic, sessionOfTopic, sessionTopic } from './contract.ts';
import { patienceMs } from './feeds.ts';
import type { Seen } from './poll.ts';
import type { Topics } from './topics.ts';

/** Longer than a commit takes, mostly. */
const commitMs = 1000;
/** So many topics are told to the database with every look; more are looked up here, which takes another round trip. */
const fewTopics = 200;
const within = { withinMs: patienceMs };

/** What a look found, and which followed sessions have news from what was noted: up to a position, where that is known. */
interface Found extends Omit<LookAtLog, 'numbered' | 'seenNotes'> {
  readonly numbered: ReadonlyMap<string, number | null>;
  readonly leftOut: boolean;
}

/**
 * Looks at what was logged above the horizon of the last look, and numbers first what those wait for who listen: the sessions
 * that they follow, or everything where somebody follows everything. What nobody follows is left to readers and to a chore.
 *
 * What commits late lies above that horizon too, so every committed event is told of at least once.
 */
export class SessionLooks {
  readonly #database: Database;
  readonly #topics: Topics;
  #horizon: number | null = null;
  #seenNotes = noNotes;
  /** Up to which position sessions were told of, where that may be above the horizon, and be seen again. */
  readonly #told = new Map<string, number>();
  /** Sessions that are to be numbered and were not, yet. */
  readonly #waiting = new Set<string>();
  #leftOutSince: number | null = null;

  constructor(database: Database, topics: Topics) {
    this.#database = database;
    this.#topics = topics;
  }

  /** `expected`: a position that a hint says is there, or soon will be. */
  async look(expected: number): Promise<Seen> {
    const since = this.#horizon;
    const { horizon, changed, noted, notedAge, numbered, leftOut } = await this.#numberAndLook(since);
    this.#horizon = horizon;
    const mayStillCome = this.#mayStillCome(leftOut);
    // A horizon that went back is another history; followers compare fingerprints.
    if (since === null || horizon < since) {
      this.#told.clear();
      return { changed: 'all', found: 0, unsettled: mayStillCome, age: null, upTo: horizon };
    }
    const news = changed.filter(({ sessionId, lastPosition }) => this.#told.get(sessionId) !== lastPosition);
    this.#noteTold(horizon, news, numbered);
    const sessionIds = new Set([...news.map(({ sessionId }) => sessionId), ...numbered.keys()]);
    const ages = [...news.map(({ age }) => age), ...(notedAge === null ? [] : [notedAge])];
    return {
      // Who follows everything reads up to the horizon, which may have passed what was told of before.
      changed: [...(changed.length === 0 ? [] : [allSessionsTopic]), ...[...sessionIds].map(sessionTopic)],
      found: Math.max(noted.length, news.length),
      age: ages.length === 0 ? null : Math.max(0, Math.min(...ages)),
      // What was hinted at and lies above the horizon is still on its way.
      unsettled: mayStillCome || horizon < expected || changed.some(({ lastPosition }) => lastPosition > horizon),
      upTo: horizon,
    };
  }

  async #numberAndLook(since: number | null): Promise<Found> {
    if (this.#topics.has(allSessionsTopic)) return this.#numberAllAndLook(since);
    // Their messages may have been noted before anybody listened.
    for (const id of sessionsOf(this.#topics.takeNew())) this.#waiting.add(id);
    const isSimple = this.#waiting.size === 0 && this.#topics.size <= fewTopics;
    return isSimple ? this.#lookAndNumber(since) : this.#lookThenNumber(since);
  }

  async #numberAllAndLook(since: number | null): Promise<Found> {
    const { hasMore, leftOut } = await numberMessages(this.#database, within);
    const found = await lookAtLog(this.#database, since, null, [], within);
    return { ...found, numbered: new Map(), leftOut: hasMore || leftOut };
  }

  async #lookAndNumber(since: number | null): Promise<Found> {
    const followed = [...sessionsOf(this.#topics.names())];
    const found = await lookAtLog(this.#database, since, this.#seenNotes, followed, within);
    this.#seenNotes = found.seenNotes;
    for (const id of found.numbered.leftOut) this.#waiting.add(id);
    return this.#withNumbers(found, found.noted, found.numbered.positions);
  }

  async #lookThenNumber(since: number | null): Promise<Found> {
    const found = await lookAtLog(this.#database, since, this.#seenNotes, [], within);
    for (const id of found.noted) if (this.#topics.has(sessionTopic(id))) this.#waiting.add(id);
    // What waits is remembered, also where numbering fails.
    this.#seenNotes = found.seenNotes;
    if (this.#waiting.size === 0) return this.#withNumbers(found, [], new Map());
    const { positions, leftOut } = await numberFreeSessions(this.#database, [...this.#waiting], within);
    this.#waiting.clear();
    for (const id of leftOut) this.#waiting.add(id);
    return this.#withNumbers(found, found.noted, positions);
  }

  /** What was noted a moment ago and is neither numbered by us nor left out, others have numbered. */
  #withNumbers(found: LookAtLog, noted: readonly string[], positions: ReadonlyMap<string, number>): Found {
    const numbered = new Map<string, number | null>(positions);
    for (const id of noted)
      if (!numbered.has(id) && !this.#waiting.has(id) && this.#topics.has(sessionTopic(id))) numbered.set(id, null);
    return { ...found, numbered, leftOut: this.#waiting.size > 0 };
  }

  #noteTold(horizon: number, news: LookAtLog['changed'], numbered: Found['numbered']): void {
    for (const [id, position] of this.#told) if (position <= horizon) this.#told.delete(id);
    for (const { sessionId, lastPosition } of news) if (lastPosition > horizon) this.#told.set(sessionId, lastPosition);
    for (const [id, position] of numbered) if (position !== null) this.#told.set(id, position);
  }

  /** Who holds a lock for longer than a commit takes is waited for by the next polls. */
  #mayStillCome(leftOut: boolean): boolean {
    this.#leftOutSince = leftOut ? (this.#leftOutSince ?? performance.now()) : null;
    return this.#leftOutSince !== null && performance.now() - this.#leftOutSince < commitMs;
  }
}

function* sessionsOf(topics: Iterable<string>): Generator<string> {
  for (const topic of topics) {
    const id = sessionOfTopic(topic);
    if (id !== null) yield id;
  }
}
