import { sleep } from './backoff.ts';
import { reasonsOf } from './log-error.ts';
import type { Log } from './log.ts';

export interface Repeated {
  /** Does it once more at once, instead of at the next interval. */
  now(): void;
  stop(): Promise<void>;
}

/**
 * Does a chore at every interval, never twice at the same time. A failure is logged when it begins and when it ends. A
 * chore that takes its time ends when it is told to stop.
 */
export function repeat(
  name: string,
  intervalMs: number,
  chore: (stopping: AbortSignal) => Promise<unknown>,
  log: Log,
): Repeated {
  const stopping = new AbortController();
  let hurry = new AbortController();
  let failing = false;
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      hurry = new AbortController();
      try {
        await chore(stopping.signal);
        if (failing) log.info({ chore: name }, 'works again');
        failing = false;
      } catch (error) {
        if (!failing) log.warn({ chore: name, error: reasonsOf(error) }, 'does not work, will be tried again');
        failing = true;
      }
      await sleep(intervalMs, AbortSignal.any([stopping.signal, hurry.signal]));
    }
  };
  const running = run();
  return {
    now: () => hurry.abort(),
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
