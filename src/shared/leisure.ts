import { sleep } from './backoff.ts';

/** What a chore takes of the time that nobody waits for, beside services that write, which come first. */
const leastShare = 0.02;
/** And where it is far behind: not all, because searches read meanwhile, and have more to read. */
const largestShare = 0.5;
/** In messages. Searches look through those that wait one by one, some 10 µs each. */
const farBehind = 30_000;

/**
 * The rest after a part of the work, `behind` of which are left. The share grows with the square: a burst waits for its
 * end, and what comes steadily is waited for by few.
 */
export function restAfter(tookMs: number, behind: number, stopping: AbortSignal): Promise<void> {
  const share = Math.min(largestShare, Math.max(leastShare, largestShare * (behind / farBehind) ** 2));
  return sleep(tookMs * (1 / share - 1), stopping);
}
