import type { LogEvent, LogPlace } from '../change-feed/contract.ts';
import type { Followed } from './live.ts';
import { persevere } from './persevere.ts';
import { samePlace } from './tail.ts';

/** What several followers have in common: a log, what its events are to them, and how that is written. */
export interface Shared {
  readonly log: Followed;
  /** For each event its text, or null where it is nothing to them; and what ends the stream after these, if anything. */
  readonly write: (events: readonly LogEvent[]) => Promise<{ texts: readonly (string | null)[]; end?: unknown }>;
}

/** Events as they are written for everybody who shares them. */
export interface WrittenPage {
  readonly start: LogPlace;
  readonly places: readonly LogPlace[];
  readonly texts: readonly (string | null)[];
  readonly end?: unknown;
  readonly readAt: number;
  /** How often there had been news when the reading began. */
  readonly asOf: number;
}

export interface Resting {
  readonly place: LogPlace;
  wake(): void;
}

/** Rights are looked at when a page is read, so nobody is given one that was read longer ago. */
const freshMs = 250;
const maxPages = 4;

/**
 * Pages that are read and written once for all followers who ask the same with the same rights. Each follower comes
 * with its own place; whoever comes late, or from elsewhere, has the page after its place read anew.
 */
export class Share {
  readonly #shared: Shared;
  readonly #resting = new Set<Resting>();
  readonly #readings = new Map<string, Promise<WrittenPage>>();
  readonly #leaving = new AbortController();
  readonly #unlisten: () => void;
  #pages: WrittenPage[] = [];
  #sweep: NodeJS.Timeout | undefined;
  #isAdvancing = false;
  #news = 0;
  followers = 0;

  constructor(shared: Shared) {
    this.#shared = shared;
    this.#unlisten = shared.log.listen(() => this.#hear());
  }

  /** The page after a place; null where there is nothing yet. */
  pageAfter(place: LogPlace): WrittenPage | Promise<WrittenPage> | null {
    const known = this.#pages.find((page) => isFresh(page) && indexAfter(page, place) !== -1);
    if (known !== undefined) return known;
    const key = `${place.number} ${place.fingerprint.toString('hex')}`;
    const reading = this.#readings.get(key);
    if (reading !== undefined) return reading;
    const atHand = this.#shared.log.pageAfter(place);
    if (!(atHand instanceof Promise) && atHand.length === 0) return null;
    return this.#remember(key, this.#read(place, atHand));
  }

  /** Until there is news. Whoever has found nothing may only rest if there has been none since the page was asked for. */
  rest(follower: Resting): void {
    this.#resting.add(follower);
  }

  hasNewsSince(page: WrittenPage): boolean {
    return page.asOf !== this.#news;
  }

  leave(follower: Resting): void {
    this.#resting.delete(follower);
  }

  close(): void {
    this.#leaving.abort();
    this.#unlisten();
    clearTimeout(this.#sweep);
  }

  #remember(key: string, reading: Promise<WrittenPage>): Promise<WrittenPage> {
    const remembered = reading.finally(() => this.#readings.delete(key));
    this.#readings.set(key, remembered);
    return remembered;
  }

  async #read(place: LogPlace, atHand: readonly LogEvent[] | Promise<readonly LogEvent[]>): Promise<WrittenPage> {
    const { log, write } = this.#shared;
    const { signal } = this.#leaving;
    const asOf = this.#news;
    let first: typeof atHand | undefined = atHand;
    const events = await persevere(() => {
      const attempt = first ?? log.pageAfter(place);
      first = undefined;
      return attempt;
    }, signal);
    const nothing = { start: place, places: [], texts: [], readAt: performance.now(), asOf };
    if (events === undefined || events.length === 0) return nothing;
    const written = await persevere(() => write(events), signal);
    if (written === undefined) return nothing;
    return this.#keep({
      ...nothing,
      places: events.map((event) => event.place),
      ...written,
      readAt: performance.now(),
    });
  }

  #keep(page: WrittenPage): WrittenPage {
    this.#pages = [page, ...this.#pages.slice(0, maxPages - 1)];
    this.#sweep ??= setTimeout(() => this.#forgetOld(), freshMs).unref();
    return page;
  }

  #forgetOld(): void {
    this.#pages = this.#pages.filter(isFresh);
    this.#sweep = this.#pages.length === 0 ? undefined : setTimeout(() => this.#forgetOld(), freshMs).unref();
  }

  #hear(): void {
    this.#news += 1;
    if (this.#isAdvancing || this.#resting.size === 0) return;
    this.#isAdvancing = true;
    void this.#advance();
  }

  /** Most rest at the same place: its page is read once before they are woken, and they find it at hand. */
  async #advance(): Promise<void> {
    const [first] = this.#resting;
    try {
      if (first !== undefined) await this.pageAfter(first.place);
    } catch {
      // Each is told by its own asking.
    }
    this.#isAdvancing = false;
    const woken = [...this.#resting];
    this.#resting.clear();
    for (const follower of woken) follower.wake();
  }
}

const isFresh = ({ readAt }: WrittenPage): boolean => performance.now() - readAt < freshMs;

/** Where in a page the events after a place begin; -1 where it has none of them. */
export function indexAfter({ start, places }: WrittenPage, place: LogPlace): number {
  if (samePlace(start, place)) return 0;
  const index = places.findIndex((one) => samePlace(one, place));
  return index === -1 || index === places.length - 1 ? -1 : index + 1;
}
