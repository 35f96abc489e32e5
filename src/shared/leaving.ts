/**
 * Whether the one who asked is gone. An AbortSignal says the same, but every statement listens for it, and its listeners
 * are objects of their own, made for much more than being called once.
 */
export class Leaving {
  readonly #listeners = new Set<() => void>();
  #hasLeft = false;

  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    for (const listener of this.#listeners) listener();
  }

  /** Calls the listener when it happens; whoever may come late looks at `hasLeft` first. */
  onLeave(listener: () => void): void {
    this.#listeners.add(listener);
  }

  forget(listener: () => void): void {
    this.#listeners.delete(listener);
  }
}
