import { ScrollbackError } from '../../shared/errors.ts';

/**
 * Lets so many through at the same time, and so many wait. After a restart everybody connects at once: whoever finds
 * the queue full hears so at once and comes back later, instead of waiting until it has given up.
 */
export class ConnectQueue {
  readonly #atOnce: number;
  readonly #maxWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(atOnce: number, maxWaiting: number) {
    this.#atOnce = atOnce;
    this.#maxWaiting = maxWaiting;
  }

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.#turn();
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // The place is handed on, so the count stays.
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  #turn(): Promise<void> | void {
    if (this.#running < this.#atOnce) {
      this.#running += 1;
      return;
    }
    if (this.#waiting.length >= this.#maxWaiting) throw tooMany(this.#maxWaiting);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

const tooMany = (maximum: number): ScrollbackError =>
  new ScrollbackError('UNAVAILABLE', 'Too many connect at once; try again shortly.', {
    reason: 'OVERLOADED',
    limit: 'MAX_CONNECTS_WAITING',
    maximum,
    retryAfterMs: 2000,
  });
