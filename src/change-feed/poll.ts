import type { Log } from '../shared/log.ts';
import { lookSeconds, noticedSeconds } from '../shared/metrics.ts';
import type { Topics } from './topics.ts';

/** What a look found. */
export interface Seen {
  /** Topics that may have something new; 'all' where that cannot be told. */
  readonly changed: readonly string[] | 'all';
  /** How much there was to look through, in sessions. */
  readonly found: number;
  /** Whether something is about to become visible, so that the next look is worth having soon. */
  readonly unsettled: boolean;
  /** How old the newest change was, in seconds; null where there is none. */
  readonly age: number | null;
  /** All that is committed up to this position was seen, now or before. */
  readonly upTo: number;
}

/** Looks once for what changed since the last look; `expected` is a position that a hint says is there, or soon will be. */
export type Look = (expected: number) => Promise<Seen>;

const soonMs = 10;
/** When to look again after a hint without a position: it may have come before its commit is visible, and before what is found. */
const doubtsMs: readonly number[] = [soonMs, 20, 70];
/** A hint may lie; what it promises is not waited for longer than this. */
const creditMs = 1000;
/**
 * After a look that found something there is a rest: a look has a price whatever it finds, and the next one finds more
 * at once. It grows with the square: where dozens of sessions change it is hardly a
 * rest, and in a flood, where each session's page and packet cost more than the events in them, it is long enough for
 * several of a session to come together. Below a thousand changes a second each long rest is followed by a shorter one.
 */
const restMsAfter = (found: number): number =>
  found === 0 ? 0 : Math.min(Math.max(minRestMs, Math.floor(found ** 2 / 500)), maxRestMs);
const minRestMs = 3;
const maxRestMs = 500;

/**
 * Looks for changes at every interval, and at once when somebody hints. Nobody listening: nobody looks.
 * What it says may come twice but never not at all, so followers need no timers of their own.
 */
export class Poll {
  readonly #name: string;
  readonly #look: Look;
  readonly #topics: Topics;
  readonly #intervalMs: number;
  readonly #log: Log;
  #expected = 0;
  #seenUpTo = 0;
  /** When to look again. */
  #doubts: readonly number[] = [];
  #creditUntil = 0;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | null = null;
  #soon: NodeJS.Timeout | undefined;
  #rest: NodeJS.Timeout | undefined;
  #lookAgain = false;
  #failed = false;
  #isStopped = false;

  constructor(options: { name: string; look: Look; topics: Topics; intervalMs: number; log: Log }) {
    this.#name = options.name;
    this.#look = options.look;
    this.#topics = options.topics;
    this.#intervalMs = options.intervalMs;
    this.#log = options.log;
  }

  start(): void {
    this.#timer = setInterval(() => this.#lookOrLater(), this.#intervalMs);
  }

  /** Something was written, or soon will be: up to a position of the log, or anything. */
  hint(upTo?: number): void {
    if (upTo === undefined) this.#doubts = doubtsMs;
    else if (upTo <= this.#seenUpTo) return;
    else if (upTo > this.#expectation()) {
      this.#expected = upTo;
      this.#creditUntil = performance.now() + creditMs;
    }
    this.#lookOrLater();
  }

  /** What asks for a look while looking or resting gets one more, together. */
  #lookOrLater(): void {
    if (this.#isStopped || this.#topics.size === 0) return;
    if (this.#looking !== null || this.#rest !== undefined) {
      this.#lookAgain = true;
      return;
    }
    this.#looking = this.#lookAndRest();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    clearTimeout(this.#rest);
    await this.#looking;
  }

  async #lookAndRest(): Promise<void> {
    const found = await this.#lookAndWake();
    this.#looking = null;
    const restMs = restMsAfter(found);
    if (restMs > 0) this.#rest = setTimeout(() => this.#goOn(), restMs);
    else this.#goOn();
  }

  #goOn(): void {
    this.#rest = undefined;
    if (!this.#lookAgain) return;
    this.#lookAgain = false;
    this.#lookOrLater();
  }

  #lookIn(ms: number): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#lookOrLater();
    }, ms);
  }

  #expectation(): number {
    return performance.now() < this.#creditUntil ? this.#expected : 0;
  }

  /** How much was found. */
  async #lookAndWake(): Promise<number> {
    const began = performance.now();
    const [doubtMs, ...doubts] = this.#doubts;
    this.#doubts = doubts;
    try {
      const { changed, found, unsettled, age, upTo } = await this.#look(this.#expectation());
      lookSeconds.observe({ database: this.#name }, (performance.now() - began) / 1000);
      if (age !== null) noticedSeconds.observe({ database: this.#name }, age);
      if (this.#failed) this.#log.info({ feed: this.#name }, 'the change feed works again');
      // What changed while it did not work is for every follower to find out.
      if (changed === 'all' || this.#failed) this.#topics.wakeAll();
      else for (const topic of changed) this.#topics.wake(topic);
      this.#failed = false;
      this.#seenUpTo = upTo;
      if (unsettled) this.#lookIn(soonMs);
      else if (doubtMs !== undefined) this.#lookIn(found === 0 ? doubtMs : soonMs);
      // Once more is enough then, unless another hint has come since.
      if (found > 0 && this.#doubts === doubts) this.#doubts = [];
      return found;
    } catch (error) {
      if (!this.#failed)
        this.#log.warn({ feed: this.#name, error: (error as Error).message }, 'the change feed cannot look');
      this.#failed = true;
      return 0;
    }
  }
}
