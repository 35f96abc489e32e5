import type { LogEvent, LogPlace } from '../change-feed/contract.ts';
import type { Followed } from './live.ts';
import { persevere } from './persevere.ts';

/**
 * The pull loop, the same for what was and for what comes: read the next page after my place, hand it on; when there
 * is none, wait for a wake-up. There is no hand-over between the two, no buffer and no set of what was seen.
 * A database that is away for a while ends nothing: the loop comes back to the same place.
 */
export async function* follow(
  log: Followed,
  from: LogPlace,
  signal: AbortSignal,
): AsyncGenerator<readonly LogEvent[], void> {
  const bell = new Bell();
  const unlisten = log.listen(() => bell.ring());
  const unwatch = onAbort(signal, () => bell.ring());
  let place = from;
  try {
    while (!signal.aborted) {
      // Reset before reading: what rings during the read is heard after it.
      bell.reset();
      const after = place;
      const page = await persevere(() => log.pageAfter(after), signal);
      const last = page?.at(-1);
      if (page === undefined || last === undefined) {
        await bell.rung();
        continue;
      }
      place = last.place;
      yield page;
    }
  } finally {
    unlisten();
    unwatch();
  }
}

function onAbort(signal: AbortSignal, action: () => void): () => void {
  signal.addEventListener('abort', action, { once: true });
  return () => signal.removeEventListener('abort', action);
}

/** Rings are remembered until the next reset, so none is missed between looking and waiting. */
class Bell {
  #next = Promise.withResolvers<void>();

  ring(): void {
    this.#next.resolve();
  }

  reset(): void {
    this.#next = Promise.withResolvers<void>();
  }

  rung(): Promise<void> {
    return this.#next.promise;
  }
}
