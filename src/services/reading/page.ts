import type { PageRequest } from './page-request.ts';
import type { Row } from './source.ts';

export interface PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly startCursor: string | null;
  readonly endCursor: string | null;
}

export interface Edge<Node = Row> {
  readonly cursor: string;
  readonly node: Node;
}

/** Makes the cursors of a page's rows. */
export interface Cursors<Node> {
  cursorOf(node: Node): string;
  /** The place before the first row; null where there is none. */
  startCursor(): string | null;
}

/** One page of a connection. Cursors and the total are made when they are asked for. */
export class Page<Node = Row> {
  readonly nodes: readonly Node[];
  readonly #request: PageRequest;
  readonly #hasMore: boolean;
  readonly #cursors: Cursors<Node>;
  readonly #count: () => Promise<number>;

  /** `found` holds one row more than the page where there are more, in the direction of reading. */
  constructor(found: readonly Node[], request: PageRequest, cursors: Cursors<Node>, count: () => Promise<number>) {
    const rows = found.slice(0, request.size);
    this.nodes = request.backward ? rows.toReversed() : rows;
    this.#request = request;
    this.#hasMore = found.length > request.size;
    this.#cursors = cursors;
    this.#count = count;
  }

  get edges(): Edge<Node>[] {
    const cursors = this.#cursors;
    return this.nodes.map((node) => ({
      node,
      get cursor(): string {
        return cursors.cursorOf(node);
      },
    }));
  }

  get pageInfo(): PageInfo {
    const { backward, after, before } = this.#request;
    const nodes = this.nodes;
    const cursors = this.#cursors;
    return {
      hasNextPage: backward ? before !== null : this.#hasMore,
      hasPreviousPage: backward ? this.#hasMore : after !== null,
      get startCursor(): string | null {
        const first = nodes[0];
        return first === undefined ? null : cursors.cursorOf(first);
      },
      // On an empty page this is where the next row will come: to go on reading from it, or to subscribe, misses nothing.
      get endCursor(): string | null {
        const last = nodes.at(-1);
        return last === undefined ? (after ?? cursors.startCursor()) : cursors.cursorOf(last);
      },
    };
  }

  totalCount(): Promise<number> {
    return this.#count();
  }
}
