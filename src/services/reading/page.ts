import type { PageRequest } from './page-request.ts';
import type { Places } from './places.ts';
import type { Row } from './source.ts';

export interface PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly startCursor: string | null;
  readonly endCursor: string | null;
}

export interface Edge {
  readonly cursor: string;
  readonly node: Row;
}

/** One page of a connection. Cursors and the total are made when they are asked for. */
export class Page {
  readonly nodes: readonly Row[];
  readonly #request: PageRequest;
  readonly #hasMore: boolean;
  readonly #places: Places;
  readonly #count: () => Promise<number>;

  /** `found` holds one row more than the page where there are more, in the direction of reading. */
  constructor(found: readonly Row[], request: PageRequest, places: Places, count: () => Promise<number>) {
    const rows = found.slice(0, request.size);
    this.nodes = request.backward ? rows.toReversed() : rows;
    this.#request = request;
    this.#hasMore = found.length > request.size;
    this.#places = places;
    this.#count = count;
  }

  get edges(): Edge[] {
    const places = this.#places;
    return this.nodes.map((node) => ({
      node,
      get cursor(): string {
        return places.cursorOf(node);
      },
    }));
  }

  get pageInfo(): PageInfo {
    const { backward, after, before } = this.#request;
    const nodes = this.nodes;
    const places = this.#places;
    return {
      hasNextPage: backward ? before !== null : this.#hasMore,
      hasPreviousPage: backward ? this.#hasMore : after !== null,
      get startCursor(): string | null {
        const first = nodes[0];
        return first === undefined ? null : places.cursorOf(first);
      },
      // On an empty page this is where the next row will come: to go on reading from it, or to subscribe, misses nothing.
      get endCursor(): string | null {
        const last = nodes.at(-1);
        return last === undefined ? (after ?? places.startCursor()) : places.cursorOf(last);
      },
    };
  }

  totalCount(): Promise<number> {
    return this.#count();
  }
}
