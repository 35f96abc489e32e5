import { setTimeout as sleep } from 'node:timers/promises';

/** Bodies up to this are read as they come. */
export const largeBytes = 64 * 1024;
/** Each takes milliseconds to parse, and leaves several times its length to the garbage collector, which stops everybody. */
const bytesPerSecond = 2_500_000;

/**
 * Reads a caller's large bodies one after the other and no faster than so, however many it sends at once: those that
 * wait are memory of its own, and those that are read leave others their time.
 */
export class LargeBodies {
  readonly #last = new Map<string, Promise<unknown>>();

  /** What `read` makes of a body of so many bytes. */
  async inTurn<Result>(key: string, bytes: number, read: () => Promise<Result>): Promise<Result> {
    const reading = (this.#last.get(key) ?? Promise.resolve()).then(read);
    const pauseMs = (1000 * bytes) / bytesPerSecond;
    const over = reading.catch(() => undefined).then(() => sleep(pauseMs));
    this.#last.set(key, over);
    void over.finally(() => {
      if (this.#last.get(key) === over) this.#last.delete(key);
    });
    return reading;
  }
}
