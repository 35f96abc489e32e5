import type { ScrollbackClientError } from './errors.ts';
import type { Interruption } from './interruption.ts';

export interface RetryNotice {
  readonly error: ScrollbackClientError;
  /** 1 for the first attempt after things went well. */
  readonly attempt: number;
  readonly delayMs: number;
}

export interface RecoverySettings {
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  readonly onRetry: (notice: RetryNotice) => void;
  readonly random: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** So often a fault may come back with nothing good in between before it counts as one that stays. */
const fewAttempts = 5;

/** Waits between attempts, a little longer each time and with full jitter, so that many clients do not come back as one. */
export class Recovery {
  readonly #settings: RecoverySettings;
  #attempt = 0;

  constructor(settings: RecoverySettings) {
    this.#settings = settings;
  }

  /** Resolves when it is time for the next attempt; throws the error where there must be none. */
  async after(interruption: Interruption, wasHealthy: boolean, signal: AbortSignal): Promise<void> {
    const { error, retry, afterMs } = interruption;
    const { minDelayMs, maxDelayMs, random, onRetry, sleep } = this.#settings;
    if (wasHealthy) this.#attempt = 0;
    if (retry === 'never' || (retry === 'few' && this.#attempt >= fewAttempts)) throw error;
    const ceiling = Math.min(maxDelayMs, minDelayMs * 2 ** this.#attempt);
    const delayMs = afterMs + random() * ceiling;
    this.#attempt += 1;
    onRetry({ error, attempt: this.#attempt, delayMs });
    await sleep(delayMs, signal);
  }
}
