import type { SocketLimits } from '../config/limits.ts';
import type { CallerKeys } from './admission/caller.ts';
import type { Release } from './admission/seats.ts';

/** A connection that may be behind with reading. */
export interface Reader {
  readonly keys: CallerKeys;
  unreadBytes(): number;
  /** Ends the connection with a code that says why. */
  cut(limit: string): void;
}

const sampleMs = 1_000;

/**
 * Watches what was sent and has not been read, which is memory of ours: of each connection, user and tenant, and of
 * all. Where it is too much, those who are furthest behind are cut off until it no longer is.
 */
export class UnreadBytes {
  readonly #limits: SocketLimits['unreadBytes'];
  readonly #readers = new Set<Reader>();
  readonly #timer: NodeJS.Timeout;

  constructor(limits: SocketLimits['unreadBytes']) {
    this.#limits = limits;
    this.#timer = setInterval(() => this.#sample(), sampleMs).unref();
  }

  watch(reader: Reader): Release {
    this.#readers.add(reader);
    return () => void this.#readers.delete(reader);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    const behind = [...this.#readers]
      .map((reader) => ({ reader, bytes: reader.unreadBytes() }))
      .filter(({ bytes }) => bytes > 0)
      .toSorted((a, b) => b.bytes - a.bytes);
    const totals = totalsOf(behind);
    for (const { reader, bytes } of behind) {
      const limit = this.#brokenBy(reader, bytes, totals);
      if (limit === null) continue;
      for (const key of keysIn(reader)) totals.set(key, (totals.get(key) ?? 0) - bytes);
      reader.cut(limit);
    }
  }

  #brokenBy({ keys }: Reader, bytes: number, totals: ReadonlyMap<string, number>): string | null {
    const { socket, user, tenant, gateway } = this.#limits;
    const isBeyond = (total: number, maximum: number): boolean => maximum > 0 && total > maximum;
    if (isBeyond(bytes, socket)) return 'MAX_UNREAD_BYTES_PER_SOCKET';
    if (isBeyond(totals.get(keys.user ?? '') ?? 0, user)) return 'MAX_UNREAD_BYTES_PER_USER';
    if (isBeyond(totals.get(keys.tenant ?? '') ?? 0, tenant)) return 'MAX_UNREAD_BYTES_PER_TENANT';
    return isBeyond(totals.get(allKey) ?? 0, gateway) ? 'MAX_UNREAD_BYTES' : null;
  }
}

/** No key of a user or tenant is like it: those begin with what they are. */
const allKey = 'all';

const keysIn = ({ keys }: Reader): readonly string[] => [
  allKey,
  ...[keys.user, keys.tenant].filter((key) => key !== null),
];

function totalsOf(behind: readonly { reader: Reader; bytes: number }[]): Map<string, number> {
  const totals = new Map<string, number>();
  for (const { reader, bytes } of behind)
    for (const key of keysIn(reader)) totals.set(key, (totals.get(key) ?? 0) + bytes);
  return totals;
}
