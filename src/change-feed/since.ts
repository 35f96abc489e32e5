/** Longer than a commit takes, mostly. */
const commitMs = 1000;

/** Since when each of several things is so, for what is worth another look soon, but not for ever. */
export class Since<Thing> {
  #since = new Map<Thing, number>();

  /** Whether one of those that are so now has become so a moment ago. */
  isRecent(things: Iterable<Thing>): boolean {
    const now = performance.now();
    this.#since = new Map([...things].map((thing) => [thing, this.#since.get(thing) ?? now]));
    return [...this.#since.values()].some((since) => now - since < commitMs);
  }
}
