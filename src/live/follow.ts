import type { LogEvent, LogFeed, LogPlace, WakeUps } from '../change-feed/contract.ts';
import { backoff } from '../shared/backoff.ts';
import { ScrollbackError } from '../shared/errors.ts';

const pageSize = 100;

/**
 * The pull loop, the same for what was and for what comes: read the next page after my place, hand it on; when there
 * is none, wait for a wake-up. There is no hand-over between the two, no buffer and no set of what was seen.
 * A database that is away for a while ends nothing: the loop comes back to the same place.
 */
export async function* follow(
  feed: LogFeed,
  from: LogPlace,
  wakeUps: WakeUps,
  signal: AbortSignal,
): AsyncGenerator<readonly LogEvent[], void> {
  const bell = new Bell();
  const unlisten = wakeUps.listen(feed.topic, () => bell.ring());
  const unwatch = onAbort(signal, () => bell.ring());
  const pauses = backoff({ minMs: 50, maxMs: 5000 });
  let place = from;
  try {
    while (!signal.aborted) {
      // Reset before reading: what rings during the read is heard after it.
      bell.reset();
      const page = await readOrPause(feed, place, () => pauses.wait(signal));
      if (page === 'paused') continue;
      pauses.reset();
      const last = page.at(-1);
      if (last === undefined) {
        await bell.rung();
        continue;
      }
      place = feed.placeOf(last);
      yield page;
    }
  } finally {
    unlisten();
    unwatch();
  }
}

async function readOrPause(
  feed: LogFeed,
  place: LogPlace,
  pause: () => Promise<void>,
): Promise<readonly LogEvent[] | 'paused'> {
  try {
    return await feed.pageAfter(place, pageSize);
  } catch (error) {
    if (!(error instanceof ScrollbackError) || error.code !== 'UNAVAILABLE') throw error;
    await pause();
    return 'paused';
  }
}

function onAbort(signal: AbortSignal, action: () => void): () => void {
  signal.addEventListener('abort', action, { once: true });
  return () => signal.removeEventListener('abort', action);
}

/** Rings are remembered until the next reset, so none is missed between looking and waiting. */
class Bell {
  #promise: Promise<void>;
  #resolve: () => void;

  constructor() {
    ({ promise: this.#promise, resolve: this.#resolve } = Promise.withResolvers<void>());
  }

  ring(): void {
    this.#resolve();
  }

  reset(): void {
    ({ promise: this.#promise, resolve: this.#resolve } = Promise.withResolvers<void>());
  }

  rung(): Promise<void> {
    return this.#promise;
  }
}
