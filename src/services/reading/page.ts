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

/** Makes the cursors of a page's rows, which all belong to one list. */
export interface Cursors<Node> {
  cursorsOf(nodes: readonly Node[]): readonly string[];
  /** The place before the first row; null where there is none. */
  startCursor(): string | null;
}

// Getters of classes, not of objects: V8 makes a hidden class for each object with getters of its own, and that keeps the
// whole page alive until the old generation is collected.

/** An edge whose cursor is made when it is asked for, together with those of its page. */
class PageEdge<Node> implements Edge<Node> {
  readonly node: Node;
  readonly #page: Page<Node>;
  readonly #index: number;

  constructor(page: Page<Node>, index: number) {
    this.node = page.nodes[index] as Node;
    this.#page = page;
    this.#index = index;
  }

  get cursor(): string {
    return this.#page.cursors[this.#index] as string;
  }
}

/** What a page says of itself; its cursors are made when they are asked for. */
class PageEnds<Node> implements PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly #page: Page<Node>;
  readonly #after: string | null;

  constructor(page: Page<Node>, { backward, after, before }: PageRequest, hasMore: boolean) {
    this.hasNextPage = backward ? before !== null : hasMore;
    this.hasPreviousPage = backward ? hasMore : after !== null;
    this.#page = page;
    this.#after = after;
  }

  get startCursor(): string | null {
    return this.#page.cursorAt(0);
  }

  /** On an empty page this is where the next row will come: to go on reading from it, or to subscribe, misses nothing. */
  get endCursor(): string | null {
    return this.#page.cursorAt(this.#page.nodes.length - 1) ?? this.#after ?? this.#page.startCursor();
  }
}

/** One page of a connection. Cursors and the total are made when they are asked for. */
export class Page<Node = Row> {
  readonly nodes: readonly Node[];
  readonly #request: PageRequest;
  readonly #hasMore: boolean;
  readonly #cursors: Cursors<Node>;
  readonly #count: () => Promise<number>;
  #texts: readonly string[] | null = null;

  /** `found` holds one row more than the page where there are more and that was wanted, in the direction of reading. */
  constructor(found: readonly Node[], request: PageRequest, cursors: Cursors<Node>, count: () => Promise<number>) {
    const rows = found.slice(0, request.size);
    this.nodes = request.backward ? rows.toReversed() : rows;
    this.#request = request;
    this.#hasMore = found.length > request.size;
    this.#cursors = cursors;
    this.#count = count;
  }

  get edges(): Edge<Node>[] {
    return this.nodes.map((_, index) => new PageEdge(this, index));
  }

  /** Of all nodes. */
  get cursors(): readonly string[] {
    return (this.#texts ??= this.#cursors.cursorsOf(this.nodes));
  }

  /** Of one node, or null where there is none. */
  cursorAt(index: number): string | null {
    const node = this.nodes[index];
    if (node === undefined) return null;
    return (this.#texts === null ? this.#cursors.cursorsOf([node])[0] : this.#texts[index]) as string;
  }

  /** The place before the first row of the list; null where there is none. */
  startCursor(): string | null {
    return this.#cursors.startCursor();
  }

  get pageInfo(): PageInfo {
    return new PageEnds(this, this.#request, this.#hasMore);
  }

  totalCount(): Promise<number> {
    return this.#count();
  }
}
