import type { WakeUps } from './contract.ts';

/** Who waits for what. Topics come and go with their listeners. */
export class Topics implements WakeUps {
  readonly #listeners = new Map<string, Set<() => void>>();

  listen(topic: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(topic) === listeners) this.#listeners.delete(topic);
    };
  }

  wake(topic: string): void {
    this.#listeners.get(topic)?.forEach((listener) => listener());
  }

  wakeAll(): void {
    for (const topic of this.#listeners.keys()) this.wake(topic);
  }

  get size(): number {
    return this.#listeners.size;
  }
}
