import { setTimeout as sleep } from 'node:timers/promises';
import { keysOf, type Caller } from './admission/caller.ts';

/** What is no longer than this is read as it comes. */
const largeBytes = 64 * 1024;
/** Each takes milliseconds to parse, and leaves several times its length to the garbage collector, which stops everybody. */
const bytesPerSecond = 2_500_000;

/**
 * Reads a caller's large bodies and messages one after the other and no faster than so, however many it sends at once:
 * those that wait are memory of its own, and those that are read leave others their time.
 */
export class LargeInputs {
  readonly #last = new Map<string, Promise<unknown>>();

  /** What `read` makes of so many bytes. What is not large, and what internal services send, waits for nothing. */
  inTurn<Result>(caller: Caller, bytes: number, read: () => Result): Result | Promise<Awaited<Result>> {
    const { user } = keysOf(caller);
    if (user === null || bytes <= largeBytes) return read();
    const reading = (this.#last.get(user) ?? Promise.resolve()).then(read);
    const pauseMs = (1000 * bytes) / bytesPerSecond;
    const over = reading.catch(() => undefined).then(() => sleep(pauseMs));
    this.#last.set(user, over);
    void over.finally(() => {
      if (this.#last.get(user) === over) this.#last.delete(user);
    });
    return reading as Promise<Awaited<Result>>;
  }
}
