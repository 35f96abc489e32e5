import type { PageInfo } from '../reading/page.ts';
import type { Row } from '../reading/source.ts';

export interface SearchEdge {
  readonly cursor: string;
  readonly node: Row;
  readonly rank: number;
  /** Made when it is asked for, in one statement for the page. */
  readonly snippet: Promise<string>;
}

/** One page of what a search found, best first. The total is counted when it is asked for. */
export class SearchPage {
  readonly edges: readonly SearchEdge[];
  readonly pageInfo: PageInfo;
  readonly #count: () => Promise<number>;

  constructor(edges: readonly SearchEdge[], pageInfo: PageInfo, count: () => Promise<number>) {
    this.edges = edges;
    this.pageInfo = pageInfo;
    this.#count = count;
  }

  get nodes(): Row[] {
    return this.edges.map((edge) => edge.node);
  }

  totalCount(): Promise<number> {
    return this.#count();
  }
}
