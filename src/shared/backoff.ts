export interface Backoff {
  /** Waits a little longer each time, with full jitter; returns at once when the signal aborts. */
  wait(signal: AbortSignal): Promise<void>;
  reset(): void;
}

export function backoff(options: { minMs: number; maxMs: number; random?: () => number }): Backoff {
  const random = options.random ?? Math.random;
  let attempt = 0;
  return {
    wait(signal) {
      const ceiling = Math.min(options.maxMs, options.minMs * 2 ** attempt);
      attempt += 1;
      return sleep(ceiling * random(), signal);
    },
    reset() {
      attempt = 0;
    },
  };
}

export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
