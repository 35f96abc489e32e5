/**
 * An async iterable that ends at once when its reader leaves. A bare async generator would first wait for what it is
 * waiting for, which for an idle subscription may be for ever.
 */
export function stream<Item>(
  generate: (signal: AbortSignal) => AsyncGenerator<Item, void>,
): AsyncIterableIterator<Item, void> {
  const ending = new AbortController();
  const generator = generate(ending.signal);
  return {
    next: () => generator.next(),
    async return() {
      ending.abort();
      return generator.return();
    },
    async throw(error: unknown) {
      ending.abort();
      return generator.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
