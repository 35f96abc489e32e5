import type { LogPlace } from '../change-feed/contract.ts';
import { indexAfter, type Resting, type Share, type WrittenPage } from './share.ts';

/** Where a follower's texts go. */
export interface Outlet {
  /** Whether it had better be given nothing more just now. */
  readonly isFull: boolean;
  send(text: string): void;
  /** Calls the listener once it is not full any more, unless the returned function is called before. */
  whenFree(listener: () => void): () => void;
}

export interface FollowerOptions {
  readonly share: Share;
  readonly from: LogPlace;
  /** Said before anything of the log. */
  readonly first: readonly (() => Promise<string>)[];
  readonly outlet: Outlet;
  /** Called when nothing more will come, with the reason. */
  readonly ended: (reason: unknown) => void;
}

/**
 * One subscriber: a place in a log, and an outlet that is given what comes after it. While the outlet is full it holds
 * the place and nothing else; the page is read again when there is room.
 */
export class Follower implements Resting {
  readonly #options: FollowerOptions;
  #place: LogPlace;
  #isOver = false;
  #stopWaiting: (() => void) | undefined;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#place = options.from;
    options.share.followers += 1;
  }

  get place(): LogPlace {
    return this.#place;
  }

  start(): void {
    if (this.#options.first.length === 0) this.wake();
    else this.#sayFirst().catch((error: unknown) => this.#end(error));
  }

  leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopWaiting?.();
    this.#options.share.leave(this);
    this.#options.share.followers -= 1;
  }

  /** Goes on from the place, as far as there is something to give and room for it. */
  wake(): void {
    const { share, outlet } = this.#options;
    while (!this.#isOver) {
      if (outlet.isFull) return this.#waitForRoom(() => this.wake());
      const page = share.pageAfter(this.#place);
      if (page === null) return share.rest(this);
      if (page instanceof Promise) return void this.#take(page);
      this.#give(page);
    }
  }

  async #take(reading: Promise<WrittenPage>): Promise<void> {
    try {
      const page = await reading;
      if (this.#isOver) return;
      if (page.places.length === 0 && !this.#options.share.hasNewsSince(page)) return this.#options.share.rest(this);
      this.#give(page);
      this.wake();
    } catch (error) {
      this.#end(error);
    }
  }

  #give(page: WrittenPage): void {
    const { outlet } = this.#options;
    const from = indexAfter(page, this.#place);
    for (let index = from; index < page.places.length; index += 1) {
      if (outlet.isFull) return;
      const text = page.texts[index];
      if (text != null) outlet.send(text);
      this.#place = page.places[index] ?? this.#place;
    }
    if (page.end !== undefined) this.#end(page.end);
  }

  async #sayFirst(): Promise<void> {
    const { first, outlet } = this.#options;
    for (const write of first) {
      const text = await write();
      if (outlet.isFull) await new Promise<void>((resolve) => this.#waitForRoom(resolve));
      if (this.#isOver) return;
      outlet.send(text);
    }
    this.wake();
  }

  #waitForRoom(listener: () => void): void {
    this.#stopWaiting = this.#options.outlet.whenFree(() => {
      this.#stopWaiting = undefined;
      listener();
    });
  }

  #end(reason: unknown): void {
    if (this.#isOver) return;
    this.leave();
    this.#options.ended(reason);
  }
}
