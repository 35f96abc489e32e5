import type { Outlet } from '../../src/live/follower.ts';

/** Keeps what it is given; can be full. */
export class CollectingOutlet implements Outlet {
  readonly texts: string[] = [];
  reason: unknown;
  #room = Number.POSITIVE_INFINITY;
  #waiting = new Set<() => void>();

  get isFull(): boolean {
    return this.#room <= 0;
  }

  send(text: string): void {
    if (this.isFull) throw new Error('It was full.');
    this.#room -= 1;
    this.texts.push(text);
  }

  whenFree(listener: () => void): () => void {
    this.#waiting.add(listener);
    return () => this.#waiting.delete(listener);
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  makeRoom(count: number): void {
    this.#room = count;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    if (count > 0) for (const listener of waiting) listener();
  }
}
