import type { Log } from '../shared/log.ts';
import { wakeUpMode } from '../shared/metrics.ts';
import { hintModes, type HintMode } from './hint-road.ts';
import { notTried, type ProvenRoad } from './proven-road.ts';

/** How one database's changes are noticed, and why not in a better way. */
export interface WakeUpState {
  readonly mode: HintMode | 'poll';
  readonly notUsed: Readonly<Partial<Record<HintMode, string>>>;
}

/**
 * Uses the best road that works. Those below it rest, those above it go on trying, so it falls back and comes back by
 * itself. With none there is the poll, which is always on underneath.
 */
export class WakeUpChoice {
  readonly #database: string;
  readonly #roads: readonly ProvenRoad[];
  readonly #log: Log;
  #told: WakeUpState['mode'] | null = null;

  /** The best road first. */
  constructor(database: string, roads: readonly ProvenRoad[], log: Log) {
    this.#database = database;
    this.#roads = roads;
    this.#log = log;
  }

  get state(): WakeUpState {
    const others = this.#roads.filter(({ state }) => !state.works).map(({ mode, state }) => [mode, state.reason]);
    return {
      mode: this.#roads.find(({ state }) => state.works)?.mode ?? 'poll',
      notUsed: Object.fromEntries(others) as WakeUpState['notUsed'],
    };
  }

  /** To be called at the start, and when the state of a road has changed. */
  arrange(): void {
    const best = this.#roads.findIndex(({ state }) => state.works);
    for (const [index, road] of this.#roads.entries()) {
      if (best === -1 || index <= best) road.start();
      else void road.rest('not needed');
    }
    const { state } = this;
    if (best === -1 && this.#told === null && this.#roads.some((road) => road.state.reason === notTried)) return;
    if (state.mode === this.#told) return;
    this.#log.info({ database: this.#database, ...state }, 'wake-ups');
    this.#told = state.mode;
    for (const mode of [...hintModes, 'poll'])
      wakeUpMode.set({ database: this.#database, mode }, mode === state.mode ? 1 : 0);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#roads.map((road) => road.rest('stopped')));
  }
}
