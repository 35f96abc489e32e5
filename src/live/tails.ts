import type { LogEvent, LogFeed, LogPlace, WakeUps } from '../change-feed/contract.ts';
import { backoff } from '../shared/backoff.ts';
import { isAway } from './persevere.ts';
import { Tail } from './tail.ts';

export interface TailsOptions {
  readonly wakeUps: WakeUps;
  readonly feedOf: (key: string) => LogFeed;
  /** The pages after the heads of several tails in one go; null where the history is another one. */
  readonly read: (heads: readonly TailHead[], limit: number) => Promise<readonly (readonly LogEvent[] | null)[]>;
}

export interface TailHead {
  readonly key: string;
  readonly place: LogPlace;
}

interface Watched {
  readonly key: string;
  readonly tail: Tail;
  readonly listeners: Set<() => void>;
  readonly unlisten: () => void;
  wakes: number;
}

/** A page holds so many events at most, and is cut where what they name exceeds so many bytes. */
const maxPageEvents = 100;
const maxPageBytes = 64 * 1024;
const maxTailsPerRead = 1000;
/** Over all tails; the ones that have been quiet for longest give way. */
const maxKeptInAll = 50_000;

/**
 * The tails of the logs that somebody watches, by key. A wake-up makes a tail stale; all that are stale are read
 * together. A tail says that there is news, and its listeners take it from memory; what is not there they read themselves.
 */
export class Tails {
  readonly #options: TailsOptions;
  /** In the order of their last news. */
  readonly #watched = new Map<string, Watched>();
  readonly #stale = new Set<Watched>();
  #kept = 0;
  #isReading = false;

  constructor(options: TailsOptions) {
    this.#options = options;
  }

  /** Calls the listener whenever there may be more than there was, until the returned function is called. */
  listen(key: string, listener: () => void): () => void {
    const watched = this.#watched.get(key) ?? this.#watch(key);
    watched.listeners.add(listener);
    return () => {
      watched.listeners.delete(listener);
      if (watched.listeners.size === 0) this.#unwatch(watched);
    };
  }

  /** The next events after a place: at once where they are at hand, from the database otherwise. */
  pageAfter(key: string, place: LogPlace): readonly LogEvent[] | Promise<readonly LogEvent[]> {
    const watched = this.#watched.get(key);
    const known = watched?.tail.after(place, maxPageEvents);
    return known === undefined ? this.#readPage(key, watched, place) : cut(known);
  }

  #watch(key: string): Watched {
    const watched: Watched = {
      key,
      tail: new Tail(),
      listeners: new Set(),
      unlisten: this.#options.wakeUps.listen(this.#options.feedOf(key).topic, () => {
        watched.wakes += 1;
        this.#refresh(watched);
      }),
      wakes: 0,
    };
    this.#watched.set(key, watched);
    return watched;
  }

  #unwatch(watched: Watched): void {
    watched.unlisten();
    this.#stale.delete(watched);
    if (this.#watched.get(watched.key) !== watched) return;
    this.#watched.delete(watched.key);
    this.#kept -= watched.tail.length;
  }

  async #readPage(key: string, watched: Watched | undefined, place: LogPlace): Promise<readonly LogEvent[]> {
    const wakes = watched?.wakes;
    const events = await this.#options.feedOf(key).pageAfter(place, maxPageEvents);
    if (watched !== undefined && this.#watched.get(key) === watched) {
      if (events.length < maxPageEvents) this.#reachedEnd(watched, place, events);
      // Whoever woke us during the reading may have meant what came after it.
      if (watched.wakes !== wakes) this.#refresh(watched);
    }
    return cut(events);
  }

  /** Somebody has read to the end of the log: a tail that knew nothing knows it now. */
  #reachedEnd(watched: Watched, place: LogPlace, events: readonly LogEvent[]): void {
    if (watched.tail.head !== undefined) return;
    watched.tail.startAt(place);
    this.#append(watched, events);
  }

  #refresh(watched: Watched): void {
    this.#stale.add(watched);
    if (this.#isReading) return;
    this.#isReading = true;
    // Wake-ups come many at once, one call after the other.
    queueMicrotask(() => void this.#readStale());
  }

  async #readStale(): Promise<void> {
    const pauses = backoff({ minMs: 50, maxMs: 5000 });
    while (this.#stale.size > 0) {
      const batch = [...this.#stale].slice(0, maxTailsPerRead);
      for (const watched of batch) this.#stale.delete(watched);
      if (await this.#readAll(batch)) pauses.reset();
      else await pauses.wait(never);
    }
    this.#isReading = false;
  }

  /** False where the database is away; then they stay stale. */
  async #readAll(batch: readonly Watched[]): Promise<boolean> {
    // A tail without a head waits for somebody who reads to the end.
    const known = batch.flatMap((watched) => {
      const place = watched.tail.head;
      return place === undefined ? [] : [{ watched, key: watched.key, place }];
    });
    if (known.length === 0) return true;
    try {
      const pages = await this.#options.read(known, maxPageEvents);
      known.forEach(({ watched }, index) => this.#take(watched, pages[index] ?? null));
      return true;
    } catch (error) {
      const isOver = !isAway(error);
      for (const { watched } of known) {
        if (isOver) this.#lose(watched);
        else if (watched.listeners.size > 0) this.#stale.add(watched);
      }
      return isOver;
    }
  }

  #take(watched: Watched, page: readonly LogEvent[] | null): void {
    // Left while it was read.
    if (this.#watched.get(watched.key) !== watched) return;
    if (page === null) return this.#lose(watched);
    if (page.length === 0) return;
    this.#append(watched, page);
    if (page.length === maxPageEvents) this.#stale.add(watched);
    tell(watched);
  }

  /** Everybody asks the database from their own place then, and is told there what became of it. */
  #lose(watched: Watched): void {
    this.#kept -= watched.tail.length;
    watched.tail.forget();
    tell(watched);
  }

  #append(watched: Watched, events: readonly LogEvent[]): void {
    this.#kept -= watched.tail.length;
    watched.tail.append(events);
    this.#kept += watched.tail.length;
    this.#watched.delete(watched.key);
    this.#watched.set(watched.key, watched);
    for (const quiet of this.#watched.values()) {
      if (this.#kept <= maxKeptInAll) return;
      const { head } = quiet.tail;
      this.#kept -= quiet.tail.length;
      if (head !== undefined) quiet.tail.startAt(head);
    }
  }
}

const never = new AbortController().signal;

const tell = ({ listeners }: Watched): void => listeners.forEach((listener) => listener());

/** Not more than fits, but never nothing of what there is. */
function cut(events: readonly LogEvent[]): readonly LogEvent[] {
  let bytes = 0;
  const end = events.findIndex(({ size }, index) => (bytes += size) > maxPageBytes && index > 0);
  return end === -1 ? events : events.slice(0, end);
}
