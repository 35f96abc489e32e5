/**
 * A road on which hints come: something was written, look now. A hint may say up to which position of the log; what it
 * speaks of may not be visible yet. Hints may be lost, doubled, late or lie; the look finds what is true.
 */
export interface HintRoad {
  readonly mode: HintMode;
  /** Listens until the signal aborts; resolves once hints can come. */
  open(ears: Ears, signal: AbortSignal): Promise<OpenRoad>;
}

export const hintModes = ['bus', 'slot', 'notify'] as const;
export type HintMode = (typeof hintModes)[number];

export interface Ears {
  /** Without a position: anything may have been written. */
  heard(upTo?: number): void;
  /** A probe has gone all the way that hints go. */
  echoed(probe: string): void;
  lost(error: Error): void;
}

export interface OpenRoad {
  /** Sends what must come back to `echoed`, by the way that hints come. */
  probe(probe: string): Promise<unknown>;
}
