import type { SeededRandom } from './random.ts';

/** What the nemesis can do to a running system. */
export const faults = [
  'kill a gateway',
  'freeze a gateway',
  'drain all gateways one by one',
  'stop PostgreSQL immediately',
  'kill the postmaster',
  'terminate all backends',
  'terminate the listeners',
  'cut the clients off',
  'silence the clients',
  'silence the databases',
] as const;

export type Fault = (typeof faults)[number];

export interface Planned {
  readonly atMs: number;
  readonly fault: Fault;
}

/** Every fault once before any comes again, in an order of the seed's, at even distances with some jitter. */
export function schedule(random: SeededRandom, durationMs: number, everyMs: number): Planned[] {
  const planned: Planned[] = [];
  let deck: Fault[] = [];
  for (let slot = everyMs; slot <= durationMs - everyMs; slot += everyMs) {
    if (deck.length === 0) deck = random.shuffled(faults);
    const fault = deck.pop();
    if (fault !== undefined) planned.push({ atMs: Math.round(slot + (random.next() - 0.5) * everyMs * 0.5), fault });
  }
  return planned;
}
