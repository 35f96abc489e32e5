/** The promise's value, or undefined as soon as the signal aborts. */
export function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value | undefined> {
  if (signal.aborted) promise.catch(() => undefined);
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const abort = (): void => resolve(undefined);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await unlessAborted(new Promise<void>((resolve) => (timer = setTimeout(resolve, ms))), signal);
  clearTimeout(timer);
}

/** An iterator that ends at once when its reader leaves; a bare generator would first wait for what it is waiting for. */
export function leavable<Item>(
  generate: (signal: AbortSignal) => AsyncGenerator<Item, void>,
  ...signals: readonly (AbortSignal | undefined)[]
): AsyncIterableIterator<Item, void> {
  const leaving = new AbortController();
  const given = signals.filter((signal) => signal !== undefined);
  const generator = generate(AbortSignal.any([leaving.signal, ...given]));
  return {
    next: () => generator.next(),
    async return() {
      leaving.abort();
      return generator.return();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
