import type { Ears, HintMode, HintRoad, OpenRoad } from '../../src/change-feed/hint-road.ts';

/** A road in memory: the test says whether it can be opened, whether probes come back, and what is heard. */
export class ScriptedRoad implements HintRoad {
  readonly mode: HintMode;
  /** What opening it fails with; null = it opens. */
  refusal: Error | null = null;
  delivers = true;
  readonly signals: AbortSignal[] = [];
  readonly probes: string[] = [];
  ears: Ears | undefined;

  constructor(mode: HintMode = 'notify') {
    this.mode = mode;
  }

  async open(ears: Ears, signal: AbortSignal): Promise<OpenRoad> {
    this.signals.push(signal);
    if (this.refusal !== null) throw this.refusal;
    this.ears = ears;
    return {
      probe: async (probe) => {
        this.probes.push(probe);
        if (this.delivers) ears.echoed(probe);
      },
    };
  }
}
