/** What was started, and how to stop it: in reverse order, each once, the rest also when one fails. */
export class Lifecycle {
  readonly #stops: (() => Promise<void>)[] = [];

  onStop(stop: () => Promise<void>): void {
    this.#stops.push(stop);
  }

  async stop(): Promise<void> {
    const failures: unknown[] = [];
    for (let stop = this.#stops.pop(); stop !== undefined; stop = this.#stops.pop()) {
      await stop().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw new AggregateError(failures, 'Not everything stopped cleanly.');
  }
}
