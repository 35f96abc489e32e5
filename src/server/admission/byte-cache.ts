interface Entry<Value> {
  readonly value: Value;
  readonly bytes: number;
}

/** The part of the cache that is for what was asked for only once. */
const newcomersShare = 0.25;

/**
 * Keeps what was used last, up to so many bytes. What was asked for only once has a small part of its own, so that a
 * flood of things that nobody asks for again pushes out nothing but itself.
 */
export class ByteCache<Value> {
  readonly #newcomers: Segment<Value>;
  readonly #regulars: Segment<Value>;

  constructor(maxBytes: number) {
    this.#newcomers = new Segment(maxBytes * newcomersShare);
    this.#regulars = new Segment(maxBytes * (1 - newcomersShare));
  }

  get(key: string): Value | undefined {
    const regular = this.#regulars.touch(key);
    if (regular !== undefined) return regular.value;
    const newcomer = this.#newcomers.take(key);
    if (newcomer !== undefined) this.#regulars.put(key, newcomer);
    return newcomer?.value;
  }

  /** A value is kept unless it is larger than its part of the cache. */
  set(key: string, value: Value, bytes: number): void {
    this.#newcomers.put(key, { value, bytes });
  }

  get bytes(): number {
    return this.#newcomers.bytes + this.#regulars.bytes;
  }
}

/** Least recently used first, as a Map keeps what was set last at its end. */
class Segment<Value> {
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  take(key: string): Entry<Value> | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
    return entry;
  }

  touch(key: string): Entry<Value> | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  put(key: string, entry: Entry<Value>): void {
    if (entry.bytes > this.#maxBytes) return;
    this.take(key);
    this.#entries.set(key, entry);
    this.#bytes += entry.bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.take(oldest);
    }
  }
}
