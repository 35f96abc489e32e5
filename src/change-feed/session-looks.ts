import type { Database } from '../databases/database.ts';
import { lookAtLog, type LookAtLog, type SeenNotes } from '../databases/look.ts';
import { numberFreeSessions, numberMessages, type NumberedSessions } from '../databases/numbering.ts';
import { allSessionsTopic, sessionOfTopic, sessionTopic } from './contract.ts';
import { patienceMs } from './feeds.ts';
import type { Look, Seen } from './poll.ts';
import { Since } from './since.ts';
import type { Topics } from './topics.ts';

/** So many topics are told to the database with every look; more are looked up here, which takes another round trip. */
const fewTopics = 200;
/** What was written while nobody listened is for those who begin to listen to read, not to be looked through. */
const forgottenMs = 120_000;
const within = { withinMs: patienceMs };
const nothingNumbered: NumberedSessions = { positions: new Map(), leftOut: [] };

/** What a look found, and which followed sessions have news from what was noted: up to a position, where that is known. */
interface Found extends Omit<LookAtLog, 'numbered' | 'seenNotes'> {
  readonly numbered: ReadonlyMap<string, number | null>;
  /** Whether there may be more to number now, or soon, when others let go of it. */
  readonly isUnsettled: boolean;
}

/**
 * Looks at what was logged above the horizon of the last look, and numbers what those wait for who listen: the sessions
 * that they follow, or everything where somebody follows everything. What nobody follows is left to readers and to a chore.
 *
 * What commits late lies above that horizon too, so every committed event is told of at least once.
 */
export class SessionLooks {
  readonly #database: Database;
  readonly #topics: Topics;
  /** Null where nothing was seen, or so long ago that it is forgotten. */
  #horizon: number | null = null;
  #seenNotes: SeenNotes | null = null;
  #lookedAt = 0;
  /** Up to which position sessions were told of, where that may be above the horizon, and be seen again. */
  readonly #told = new Map<string, number>();
  /** Sessions that are to be numbered and were not, yet. */
  readonly #waiting = new Set<string>();
  /** What goes on for longer than a commit takes is waited for by the next polls. */
  readonly #held = new Since<string>();
  readonly #ahead = new Since<number>();

  constructor(database: Database, topics: Topics) {
    this.#database = database;
    this.#topics = topics;
  }

  /** `expected`: a position that a hint says is there, or soon will be. */
  async look(expected: number): Promise<Seen> {
    if (performance.now() - this.#lookedAt > forgottenMs) this.#forget();
    try {
      const seen = await this.#look(expected);
      this.#lookedAt = performance.now();
      return seen;
    } catch (error) {
      // The next look would have as much to look through, or more.
      this.#forget();
      throw error;
    }
  }

  #forget(): void {
    this.#horizon = null;
    this.#seenNotes = null;
    this.#told.clear();
  }

  async #look(expected: number): Promise<Seen> {
    const since = this.#horizon;
    const { horizon, changed, noted, notedAge, numbered, isUnsettled } = await this.#numberAndLook(since);
    this.#horizon = horizon;
    // A horizon that went back is another history; followers compare fingerprints.
    if (since === null || horizon < since) {
      this.#told.clear();
      return { changed: 'all', found: 0, unsettled: isUnsettled, age: null, upTo: horizon };
    }
    const news = changed.filter(({ sessionId, lastPosition }) => this.#told.get(sessionId) !== lastPosition);
    this.#noteTold(horizon, news, numbered);
    const isAhead = changed.some(({ lastPosition }) => lastPosition > horizon);
    const sessionIds = new Set([...news.map(({ sessionId }) => sessionId), ...numbered.keys()]);
    const ages = [...news.map(({ age }) => age), ...(notedAge === null ? [] : [notedAge])];
    return {
      // Who follows everything reads up to the horizon, which may have passed what was told of before.
      changed: [...(changed.length === 0 ? [] : [allSessionsTopic]), ...[...sessionIds].map(sessionTopic)],
      found: Math.max(noted.length, news.length),
      age: ages.length === 0 ? null : Math.max(0, Math.min(...ages)),
      // What was hinted at and lies above the horizon is still on its way.
      unsettled: isUnsettled || horizon < expected || this.#ahead.isRecent(isAhead ? [horizon] : []),
      upTo: horizon,
    };
  }

  async #numberAndLook(since: number | null): Promise<Found> {
    if (this.#topics.has(allSessionsTopic)) return this.#numberAllAndLook(since);
    const followed = [...sessionsOf(this.#topics.names())];
    // Their messages may have been noted before anybody listened, or before what is remembered.
    const added = sessionsOf(this.#topics.takeNew());
    for (const id of this.#seenNotes === null ? followed : added) this.#waiting.add(id);
    const isSimple = this.#waiting.size === 0 && followed.length <= fewTopics;
    return isSimple ? this.#lookAndNumber(since, followed) : this.#lookThenNumber(since);
  }

  async #numberAllAndLook(since: number | null): Promise<Found> {
    const { hasMore, leftOut } = await numberMessages(this.#database, within);
    const found = await lookAtLog(this.#database, since, null, [], within);
    // Whoever follows sessions afterwards begins anew.
    this.#seenNotes = null;
    const isUnsettled = hasMore || this.#held.isRecent(leftOut ? [allSessionsTopic] : []);
    return { ...found, numbered: new Map(), isUnsettled };
  }

  async #lookAndNumber(since: number | null, followed: readonly string[]): Promise<Found> {
    const found = await lookAtLog(this.#database, since, this.#seenNotes, followed, within);
    this.#seenNotes = found.seenNotes;
    return this.#withNumbers(found, found.numbered);
  }

  async #lookThenNumber(since: number | null): Promise<Found> {
    const found = await lookAtLog(this.#database, since, this.#seenNotes, [], within);
    for (const id of found.noted) if (this.#topics.has(sessionTopic(id))) this.#waiting.add(id);
    // What waits is remembered, also where numbering fails.
    this.#seenNotes = found.seenNotes;
    const waiting = [...this.#waiting];
    const numbered = waiting.length === 0 ? nothingNumbered : await numberFreeSessions(this.#database, waiting, within);
    this.#waiting.clear();
    return this.#withNumbers(found, numbered);
  }

  /** What was noted a moment ago and is neither numbered by us nor left out, others have numbered. */
  #withNumbers(found: LookAtLog, { positions, leftOut }: NumberedSessions): Found {
    for (const id of leftOut) this.#waiting.add(id);
    const numbered = new Map<string, number | null>(positions);
    for (const id of found.noted)
      if (!numbered.has(id) && !this.#waiting.has(id) && this.#topics.has(sessionTopic(id))) numbered.set(id, null);
    const held = leftOut.filter((id) => !positions.has(id));
    return { ...found, numbered, isUnsettled: held.length < leftOut.length || this.#held.isRecent(held) };
  }

  #noteTold(horizon: number, news: LookAtLog['changed'], numbered: Found['numbered']): void {
    for (const [id, position] of this.#told) if (position <= horizon) this.#told.delete(id);
    for (const { sessionId, lastPosition } of news) if (lastPosition > horizon) this.#told.set(sessionId, lastPosition);
    for (const [id, position] of numbered) if (position !== null) this.#told.set(id, position);
  }
}

export function lookAtSessions(database: Database, topics: Topics): Look {
  const looks = new SessionLooks(database, topics);
  return (expected) => looks.look(expected);
}

function* sessionsOf(topics: Iterable<string>): Generator<string> {
  for (const topic of topics) {
    const id = sessionOfTopic(topic);
    if (id !== null) yield id;
  }
}
