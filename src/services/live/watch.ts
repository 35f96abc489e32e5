import type { LogEvent, LogPlace } from '../../change-feed/contract.ts';
import { follow } from '../../live/follow.ts';
import type { Followed } from '../../live/live.ts';
import { persevere } from '../../live/persevere.ts';
import { stream } from '../../live/stream.ts';

/** What a page of events is to a viewer: an item for each event, or null where it is nothing to them. */
export interface Reading<Item> {
  readonly items: readonly (Item | null)[];
  /** What ends the stream after these items; absent while it goes on. */
  readonly end?: Error;
}

export interface WatchOptions<Item> {
  readonly log: Followed;
  readonly from: LogPlace;
  /** Reads what the events name, with the viewer's rights as they are now. Asked again, it answers for the same events again. */
  readonly read: (events: readonly LogEvent[]) => Promise<Reading<Item>>;
  /** Said before anything of the log. */
  readonly first?: readonly Item[];
  /** Adds to an error what helps whoever gets it. */
  readonly explain?: (reason: unknown) => Promise<unknown>;
  /** The reading is this subscriber's alone; otherwise all who ask the same with the same rights may share it. */
  readonly isOwn?: boolean;
}

const unexplained = (reason: unknown): Promise<unknown> => Promise.resolve(reason);

/**
 * A viewer's stream before anybody reads it: where it starts, and how events become items. It can be followed alone, as
 * an iterable, or page by page together with others.
 */
export class Watch<Item extends object = object> implements AsyncIterable<Item> {
  readonly log: Followed;
  readonly from: LogPlace;
  readonly read: (events: readonly LogEvent[]) => Promise<Reading<Item>>;
  readonly first: readonly Item[];
  readonly isOwn: boolean;
  readonly explain: (reason: unknown) => Promise<unknown>;

  constructor({ log, from, read, first = [], isOwn = false, explain = unexplained }: WatchOptions<Item>) {
    this.log = log;
    this.from = from;
    this.read = read;
    this.first = first;
    this.isOwn = isOwn;
    this.explain = explain;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Item, void> {
    return stream((signal) => this.#items(signal));
  }

  async *#items(signal: AbortSignal): AsyncGenerator<Item, void> {
    yield* this.first;
    for await (const events of follow(this.log, this.from, signal)) {
      const reading = await persevere(() => this.read(events), signal);
      if (reading === undefined) return;
      for (const item of reading.items) if (item !== null) yield item;
      if (reading.end !== undefined) throw reading.end;
    }
  }
}
