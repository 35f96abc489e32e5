import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Limits } from '../../config/limits.ts';
import { ScrollbackError } from '../../shared/errors.ts';

const sampleMs = 500;
const resolutionMs = 10;

/** What tells that the gateway has more to do than it can. */
export interface Load {
  /** Reads and writes that wait for a connection to a database. */
  waitingReads(): number;
}

/**
 * Notices when the process is late with everything, or when more waits for the databases than will be served soon. New
 * work is refused then, quickly and with a code that says to come back, so that what runs can end.
 */
export class Overload {
  readonly #limits: Limits['overload'];
  readonly #load: Load;
  readonly #delay = monitorEventLoopDelay({ resolution: resolutionMs });
  readonly #timer: NodeJS.Timeout;
  #lagMs = 0;

  constructor(limits: Limits['overload'], load: Load) {
    this.#limits = limits;
    this.#load = load;
    this.#delay.enable();
    this.#timer = setInterval(() => this.#sample(), sampleMs).unref();
  }

  /** UNAVAILABLE while there is too much to do. */
  refusal(): ScrollbackError | null {
    const { lagMs, waitingReads } = this.#limits;
    if (lagMs > 0 && this.#lagMs > lagMs) return overloaded('OVERLOAD_LAG_MS');
    if (waitingReads > 0 && this.#load.waitingReads() > waitingReads) return overloaded('OVERLOAD_WAITING_READS');
    return null;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#delay.disable();
  }

  /** The mean, so that one long turn of the loop is not taken for overload. */
  #sample(): void {
    // A reset forgets the last tick too. Where turns are longer than the time between two looks, nothing is measured until
    // the next but one; what was seen before holds until then.
    if (this.#delay.count === 0) return;
    this.#lagMs = Math.max(0, this.#delay.mean / 1e6 - resolutionMs);
    this.#delay.reset();
  }
}

const overloaded = (limit: string): ScrollbackError =>
  new ScrollbackError('UNAVAILABLE', 'The gateway has too much to do at the moment; try again shortly.', {
    reason: 'OVERLOADED',
    limit,
    retryAfterMs: 2000,
  });
