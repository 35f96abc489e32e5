import type { LogEvent, LogPlace } from '../change-feed/contract.ts';
import { sameFingerprint } from '../shared/cursor-codec.ts';

/** Events that a tail keeps for those who are a little behind. */
export const maxKeptEvents = 256;

export const samePlace = (one: LogPlace, other: LogPlace): boolean =>
  one === other || (one.number === other.number && sameFingerprint(one.fingerprint, other.fingerprint));

/**
 * The last events of one log as they were read one page after the other, each page proven to follow the one before.
 * Whoever stands at one of its places can go on from memory; whoever does not has to ask the database.
 */
export class Tail {
  /** Right before the first event that is kept. */
  #start: LogPlace | undefined;
  #events: LogEvent[] = [];

  /** The end of the log as far as it was read; undefined where nothing is known. */
  get head(): LogPlace | undefined {
    return this.#events.at(-1)?.place ?? this.#start;
  }

  get length(): number {
    return this.#events.length;
  }

  /** What follows the place, at most so many; undefined where the place is not one of the tail's. */
  after(place: LogPlace, limit: number): readonly LogEvent[] | undefined {
    if (this.#start === undefined) return undefined;
    if (samePlace(place, this.head ?? this.#start)) return [];
    const index = samePlace(place, this.#start) ? -1 : this.#indexOf(place);
    return index === undefined ? undefined : this.#events.slice(index + 1, index + 1 + limit);
  }

  /** Forgets everything; what is appended next follows this place. */
  startAt(place: LogPlace): void {
    this.#start = place;
    this.#events = [];
  }

  /** Events that directly follow the head. */
  append(events: readonly LogEvent[]): void {
    this.#events.push(...events);
    const surplus = this.#events.length - maxKeptEvents;
    if (surplus > 0) this.#start = this.#events.splice(0, surplus).at(-1)?.place;
  }

  /** The history turned out to be another one, or cannot be told. */
  forget(): void {
    this.#start = undefined;
    this.#events = [];
  }

  #indexOf(place: LogPlace): number | undefined {
    let [low, high] = [0, this.#events.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = this.#events[middle]?.place;
      if (found === undefined) return undefined;
      if (found.number === place.number) return samePlace(found, place) ? middle : undefined;
      if (found.number < place.number) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }
}
