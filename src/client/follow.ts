import { unlessAborted } from './abort.ts';
import { answersOf, askOver, dataOf, type Ask } from './answers.ts';
import type { Answer, Connection } from './connection.ts';
import type { CursorStore } from './cursor-store.ts';
import { PlaceUnknownError, SequenceGapError } from './errors.ts';
import { badAnswer, Interruption } from './interruption.ts';
import { Recovery, type RecoverySettings } from './recovery.ts';
import type { SharedConnection } from './shared-connection.ts';

export interface Gap {
  /** The cursor of the item before the gap. */
  readonly after: string;
  readonly last: number;
  readonly received: number;
}

/** What is followed, and how its items tell where they stand. */
export interface FollowPlan<Item> {
  /** A subscription with a variable `after` for the cursor. */
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  /** The item in the answer's data; the value of its only field unless told. */
  readonly itemOf?: (data: Record<string, unknown>) => Item;
  readonly cursorOf: (item: Item) => string;
  /** For items that are numbered 1, 2, 3 …: repeats are left out and gaps looked into. */
  readonly sequenceOf?: (item: Item) => number;
  /** Whether nothing is missing: what lay in the gap was removed. Without it every gap is a loss. */
  readonly confirmHole?: (ask: Ask, gap: Gap) => Promise<boolean>;
  /** Where to start: after this cursor. */
  readonly after?: string | null | undefined;
  /** Asks for the cursor to start from where none is given. Without either the gateway starts from now. */
  readonly start?: (ask: Ask) => Promise<string>;
  /** Name in the cursor store: where a cursor is kept under it, it goes on from there. */
  readonly key?: string | undefined;
  /** Ends the stream quietly. */
  readonly signal?: AbortSignal | undefined;
}

export interface FollowSettings extends RecoverySettings {
  readonly cursorStore: CursorStore | null;
  /** Items that may lie unread before the operation is left and asked for again later. */
  readonly maxUnread: number;
  /** An operation that lasted so long counts as one that worked, also when it gave nothing. */
  readonly healthyAfterMs: number;
  readonly now: () => number;
}

/** One stream over as many connections as it takes: each item once, in order, none left out. */
export class Follower<Item> {
  readonly #plan: FollowPlan<Item>;
  readonly #settings: FollowSettings;
  readonly #shared: SharedConnection;
  readonly #signal: AbortSignal;
  readonly #recovery: Recovery;
  #cursor: string | null = null;
  #sequence: number | null = null;
  /** What was committed since this follower first listened is its to deliver. */
  #hasListened = false;
  /** When the attempt counts as one that worked. */
  #healthyFrom = Infinity;

  constructor(plan: FollowPlan<Item>, settings: FollowSettings, shared: SharedConnection, signal: AbortSignal) {
    this.#plan = plan;
    this.#settings = settings;
    this.#shared = shared;
    this.#signal = signal;
    this.#recovery = new Recovery(settings);
  }

  async *items(): AsyncGenerator<Item, void> {
    this.#cursor = (await this.#stored()) ?? this.#plan.after ?? null;
    while (!this.#signal.aborted) {
      try {
        yield* this.#attempt();
      } catch (error) {
        if (this.#signal.aborted) return;
        if (!(error instanceof Interruption)) throw error;
        await this.#recover(error);
      }
    }
  }

  /** Ends without an error when it left the operation by itself. */
  async *#attempt(): AsyncGenerator<Item, void> {
    const connection = await unlessAborted(this.#shared.current(), this.#signal);
    if (connection === undefined) return;
    this.#cursor ??= (await this.#plan.start?.(askOver(connection, this.#signal))) ?? null;
    const { query, variables } = this.#plan;
    const { now, healthyAfterMs, maxUnread } = this.#settings;
    const operation = { query, variables: { ...variables, after: this.#cursor } };
    this.#hasListened = true;
    this.#healthyFrom = now() + healthyAfterMs;
    for await (const answer of answersOf(connection, operation, maxUnread, this.#signal)) {
      const item = await this.#take(connection, answer);
      if (item === undefined) continue;
      yield item.value;
      await this.#save();
    }
  }

  /** Moves the place past the item; undefined for one that was there before. */
  async #take(connection: Connection, answer: Answer): Promise<{ value: Item } | undefined> {
    const { value, cursor, sequence } = this.#read(dataOf(answer));
    const last = this.#sequence;
    if (cursor === this.#cursor) return undefined;
    if (last !== null && sequence !== null) {
      if (sequence <= last) return undefined;
      if (sequence > last + 1) await this.#lookInto(connection, last, sequence);
    }
    this.#cursor = cursor;
    this.#sequence = sequence;
    this.#healthyFrom = 0;
    connection.noteProgress();
    return { value };
  }

  #read(data: Record<string, unknown>): { value: Item; cursor: string; sequence: number | null } {
    const { itemOf, cursorOf, sequenceOf } = this.#plan;
    try {
      const value = itemOf === undefined ? (Object.values(data)[0] as Item) : itemOf(data);
      const cursor: unknown = cursorOf(value);
      const sequence: unknown = sequenceOf?.(value) ?? null;
      if (
        typeof cursor === 'string' &&
        (sequence === null ? sequenceOf === undefined : Number.isSafeInteger(sequence))
      ) {
        return { value, cursor, sequence: sequence as number | null };
      }
    } catch (error) {
      throw badAnswer(error);
    }
    throw badAnswer();
  }

  async #lookInto(connection: Connection, last: number, received: number): Promise<void> {
    const gap = { after: this.#cursor ?? '', last, received };
    if ((await this.#plan.confirmHole?.(askOver(connection, this.#signal), gap)) === true) return;
    throw new Interruption(new SequenceGapError(last, received), 'few', 'operation');
  }

  async #recover(interruption: Interruption): Promise<void> {
    const isOver = interruption.retry === 'never';
    if (!isOver && this.#cursor === null && this.#hasListened) throw new PlaceUnknownError(interruption.error);
    await (interruption.scope === 'connection'
      ? unlessAborted(this.#shared.recover(interruption), this.#signal)
      : this.#recovery.after(interruption, this.#settings.now() >= this.#healthyFrom, this.#signal));
  }

  async #stored(): Promise<string | null | undefined> {
    const { key } = this.#plan;
    return key === undefined ? null : this.#settings.cursorStore?.load(key);
  }

  async #save(): Promise<void> {
    const { key } = this.#plan;
    if (key !== undefined && this.#cursor !== null) await this.#settings.cursorStore?.save(key, this.#cursor);
  }
}
