import { rightsOf, type Viewer } from '../identity/viewer.ts';
import { Reader, type Databases } from '../reading/reader.ts';

/**
 * Readers that last for one turn of the event loop. What streams with the same rights read in it becomes one
 * statement, however many they are; the next turn reads anew.
 */
export class TurnReaders {
  readonly #databases: Databases;
  readonly #readers = new Map<string, Reader>();

  constructor(databases: Databases) {
    this.#databases = databases;
  }

  of(viewer: Viewer): Reader {
    const rights = rightsOf(viewer);
    let reader = this.#readers.get(rights);
    if (reader === undefined) {
      if (this.#readers.size === 0) setImmediate(() => this.#readers.clear());
      reader = new Reader(this.#databases, viewer, { readsNumbered: true });
      this.#readers.set(rights, reader);
    }
    return reader;
  }
}
