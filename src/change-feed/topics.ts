import type { WakeUps } from './contract.ts';

/** Who waits for what. Topics come and go with their listeners. */
export class Topics implements WakeUps {
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #new = new Set<string>();

  listen(topic: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set();
    if (listeners.size === 0) this.#new.add(topic);
    this.#listeners.set(topic, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0 || this.#listeners.get(topic) !== listeners) return;
      this.#listeners.delete(topic);
      this.#new.delete(topic);
    };
  }

  has(topic: string): boolean {
    return this.#listeners.has(topic);
  }

  /** Topics that nobody waited for before, since this was asked last. */
  takeNew(): readonly string[] {
    const taken = [...this.#new];
    this.#new.clear();
    return taken;
  }

  wake(topic: string): void {
    this.#listeners.get(topic)?.forEach((listener) => listener());
  }

  wakeAll(): void {
    for (const topic of this.#listeners.keys()) this.wake(topic);
  }

  names(): Iterable<string> {
    return this.#listeners.keys();
  }

  get size(): number {
    return this.#listeners.size;
  }
}
