import { randomUUID } from 'node:crypto';
import { backoff, sleep } from '../shared/backoff.ts';
import type { Log } from '../shared/log.ts';
import type { Ears, HintMode, HintRoad, OpenRoad } from './hint-road.ts';
import { reasonOf, RoadProblem, silence } from './reasons.ts';

export interface RoadState {
  readonly works: boolean;
  /** Why it does not; empty where it does. */
  readonly reason: string;
}

export interface Proving {
  /** A road is tested again this long after it passed. */
  readonly everyMs: number;
  /** A probe that takes longer has failed. */
  readonly withinMs: number;
}

export const notTried = 'not tried yet';

const hurry: Proving = { everyMs: 3000, withinMs: 2000 };

interface ProvenRoadOptions {
  readonly road: HintRoad;
  readonly heard: (upTo?: number) => void;
  readonly changed: () => void;
  readonly log: Log;
  readonly proving?: Proving;
}

/**
 * A road that is believed only while it delivers: a probe goes out again and again and has to come back in time. That
 * finds what accepts a listener and delivers nothing, and connections that have died without a word.
 */
export class ProvenRoad {
  readonly mode: HintMode;
  readonly #options: ProvenRoadOptions;
  readonly #proving: Proving;
  #state: RoadState = { works: false, reason: notTried };
  #travelling: { readonly stop: AbortController; readonly ended: Promise<void> } | null = null;

  constructor(options: ProvenRoadOptions) {
    this.mode = options.road.mode;
    this.#options = options;
    this.#proving = options.proving ?? hurry;
  }

  get state(): RoadState {
    return this.#state;
  }

  start(): void {
    if (this.#travelling !== null) return;
    const stop = new AbortController();
    this.#travelling = { stop, ended: this.#keepOpen(stop.signal) };
  }

  /** Until it is started again. */
  async rest(reason: string): Promise<void> {
    const travelling = this.#travelling;
    this.#travelling = null;
    this.#state = { works: false, reason };
    travelling?.stop.abort();
    await travelling?.ended;
  }

  async #keepOpen(stopping: AbortSignal): Promise<void> {
    const pauses = backoff({ minMs: 100, maxMs: 15_000 });
    while (!stopping.aborted) {
      const closing = new AbortController();
      try {
        await this.#use(AbortSignal.any([stopping, closing.signal]), () => pauses.reset());
      } catch (error) {
        this.#fail(stopping, error);
      }
      closing.abort();
      await pauses.wait(stopping);
    }
  }

  /** Rejects with the reason for which the road is no good any more; resolves when it is no longer wanted. */
  async #use(signal: AbortSignal, proved: () => void): Promise<void> {
    const lost = Promise.withResolvers<never>();
    lost.promise.catch(() => undefined);
    const echoes = new Map<string, () => void>();
    const ears: Ears = {
      heard: this.#options.heard,
      echoed: (probe) => echoes.get(probe)?.(),
      lost: (error) => lost.reject(error),
    };
    const aborted = new Promise<null>((resolve) =>
      signal.addEventListener('abort', () => resolve(null), { once: true }),
    );
    const road = await Promise.race([this.#options.road.open(ears, signal), lost.promise, aborted]);
    if (road === null) return;
    while (!signal.aborted) {
      await Promise.race([this.#prove(road, echoes), lost.promise, aborted]);
      if (signal.aborted) return;
      proved();
      this.#become(signal, { works: true, reason: '' });
      await Promise.race([sleep(this.#proving.everyMs, signal), lost.promise]);
    }
  }

  async #prove(road: OpenRoad, echoes: Map<string, () => void>): Promise<void> {
    const probe = randomUUID();
    const { promise: echoed, resolve } = Promise.withResolvers<void>();
    echoes.set(probe, resolve);
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new RoadProblem(silence)), this.#proving.withinMs);
    try {
      await Promise.race([Promise.all([road.probe(probe), echoed]), late.promise]);
    } finally {
      clearTimeout(timer);
      echoes.delete(probe);
    }
  }

  #fail(stopping: AbortSignal, error: unknown): void {
    const reason = reasonOf(error);
    if (reason !== this.#state.reason && !stopping.aborted)
      this.#options.log.debug({ mode: this.mode, error: (error as Error).message }, 'wake-ups do not come this way');
    this.#become(stopping, { works: false, reason });
  }

  #become(signal: AbortSignal, state: RoadState): void {
    if (signal.aborted || (state.works === this.#state.works && state.reason === this.#state.reason)) return;
    const worked = this.#state.works;
    this.#state = state;
    // What was hinted at while nobody heard is lost; so look.
    if (state.works && !worked) this.#options.heard();
    this.#options.changed();
  }
}
