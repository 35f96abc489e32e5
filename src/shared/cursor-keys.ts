/** A secret that cursors are sealed with. */
export interface CursorKey {
  /** When it was made, in seconds since 1970; every cursor says which key sealed it. */
  readonly id: number;
  readonly secret: Buffer;
}

/** How a cursor's key stands to the keys there are: `lost` is newer than what is known, so it went with a restored copy. */
export type KeyStanding = CursorKey | 'retired' | 'lost' | 'unknown';

/** Whose keys they are: each database has its own, and says nothing of cursors that the other one's keys sealed. */
export type CursorRealm = 0 | 1;

/** The keys of one database's cursors. The newest seals, all of them open. */
export class CursorKeys {
  readonly realm: CursorRealm;
  readonly current: CursorKey;
  readonly #byId: ReadonlyMap<number, CursorKey>;
  readonly #oldestId: number;

  constructor(realm: CursorRealm, keys: readonly CursorKey[]) {
    const [newest] = keys.toSorted((one, other) => other.id - one.id);
    if (newest === undefined) throw new Error('There is no key for cursors.');
    this.realm = realm;
    this.current = newest;
    this.#oldestId = Math.min(...keys.map(({ id }) => id));
    this.#byId = new Map(keys.map((key) => [key.id, key]));
  }

  find(id: number): KeyStanding {
    const key = this.#byId.get(id);
    if (key !== undefined) return key;
    if (id < this.#oldestId) return 'retired';
    return id > this.current.id && id <= Date.now() / 1000 ? 'lost' : 'unknown';
  }
}
