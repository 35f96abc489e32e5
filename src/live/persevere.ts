import { backoff } from '../shared/backoff.ts';
import { ScrollbackError } from '../shared/errors.ts';

export const isAway = (error: unknown): boolean => error instanceof ScrollbackError && error.code === 'UNAVAILABLE';

/** Tries until the database is there to answer; any other failure is the caller's. Undefined when the signal aborts. */
export async function persevere<Result>(
  attempt: () => Result | Promise<Result>,
  signal: AbortSignal,
): Promise<Result | undefined> {
  const pauses = backoff({ minMs: 50, maxMs: 5000 });
  while (!signal.aborted) {
    try {
      return await attempt();
    } catch (error) {
      if (!isAway(error)) throw error;
      await pauses.wait(signal);
    }
  }
  return undefined;
}
