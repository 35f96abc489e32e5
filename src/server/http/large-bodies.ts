import { setTimeout as sleep } from 'node:timers/promises';

/** Bodies up to this are read as they come. */
export const largeBytes = 64 * 1024;
/** More than anybody may send for long, and time for what others sent. */
const pauseMs = 50;

/**
 * Reads a caller's large bodies one after the other, however many it sends at once: those that wait are memory of its
 * own, and those that are read leave others their time.
 */
export class LargeBodies {
  readonly #last = new Map<string, Promise<unknown>>();

  async inTurn<Result>(key: string, read: () => Promise<Result>): Promise<Result> {
    const reading = (this.#last.get(key) ?? Promise.resolve()).then(read);
    const over = reading.catch(() => undefined).then(() => sleep(pauseMs));
    this.#last.set(key, over);
    void over.then(() => {
      if (this.#last.get(key) === over) this.#last.delete(key);
    });
    return reading;
  }
}
