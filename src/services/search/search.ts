import type { Sql } from '../../shared/sql.ts';
import { logIdentityOf } from '../../databases/log-identity.ts';
import { loosened } from '../../databases/search-text.ts';
import { decodeKeysCursor, encodeKeysCursor } from '../../shared/cursor-codec.ts';
import { badInput } from '../../shared/errors.ts';
import { audienceOf } from '../identity/viewer.ts';
import { messageSource } from '../messages/message-source.ts';
import type { PageRequest } from '../reading/page-request.ts';
import type { PageInfo } from '../reading/page.ts';
import type { Reader } from '../reading/reader.ts';
import type { Row } from '../reading/source.ts';
import { hitCount, hits, type Hit, type Search } from './search-statements.ts';
import { snippetOf } from './snippet.ts';

/** What is searched for; `filter` and `columns` are those of the messages' source. */
interface SearchRequest {
  readonly query: string;
  readonly request: PageRequest;
  readonly filter: object | null;
  readonly columns: readonly string[];
}

interface SearchEdge {
  readonly cursor: string;
  readonly node: Row;
  readonly rank: number;
  /** Read when it is asked for. */
  readonly snippet: Promise<string>;
}

/** One page of what a search found, best first. The total is counted when it is asked for. */
export interface SearchPage {
  readonly edges: readonly SearchEdge[];
  readonly nodes: readonly Row[];
  readonly pageInfo: PageInfo;
  totalCount(): Promise<number>;
}

const maxQueryLength = 1000;
/** No index finds what is not there: what is excluded is looked for in message after message. */
const maxExcluded = 10;
const excludedPattern = /(?<=^|\s)-+\S/g;

/** Messages that the viewer may see and whose text fits the query. Deleted sessions are not searched. */
export async function searchMessages(reader: Reader, asked: SearchRequest): Promise<SearchPage> {
  const { request, filter } = asked;
  const search: Search = { query: searchTextOf(asked.query), filter: conditionsOf(filter), viewer: reader.viewer };
  const { keys } = await logIdentityOf(reader.databases.agentRuntime, request.after);
  const seal = { keys, audience: audienceOf(reader.viewer) };
  const scope = `search ${JSON.stringify([search.query, filter])}`;
  const after = request.after === null ? null : decodeKeysCursor(seal, scope, request.after);
  const found = await reader.query<Hit>('agentRuntime', hits(search, after, request.size + 1));
  const page = found.slice(0, request.size);
  const cursorOf = (hit: Hit): string => encodeKeysCursor(seal, scope, hit.place);
  const edges = await edgesOf(reader, search, asked.columns, page, cursorOf);
  const [first, last] = [page[0], page.at(-1)];
  return {
    edges,
    nodes: edges.map((edge) => edge.node),
    pageInfo: {
      hasNextPage: found.length > request.size,
      hasPreviousPage: request.after !== null,
      startCursor: first === undefined ? null : cursorOf(first),
      endCursor: last === undefined ? request.after : cursorOf(last),
    },
    totalCount: async () => (await reader.query<{ count: number }>('agentRuntime', hitCount(search)))[0]?.count ?? 0,
  };
}

/** PostgreSQL's text has no NUL; to a search it is a space like any other. */
function searchTextOf(query: string): string {
  if (query.length > maxQueryLength) {
    const message = `\`query\` is at most ${maxQueryLength} characters long.`;
    throw badInput(message, { argument: 'query', maximum: maxQueryLength });
  }
  if ((query.match(excludedPattern) ?? []).length > maxExcluded) {
    const message = `A search excludes at most ${maxExcluded} words or phrases.`;
    throw badInput(message, { argument: 'query', maximum: maxExcluded });
  }
  return loosened(query.replaceAll('\0', ' ').trim());
}

/** The filters that are given and not null. */
function conditionsOf(filter: object | null): Sql[] {
  return Object.entries(filter ?? {}).flatMap(([name, value]) => {
    const condition = messageSource.filters?.[name];
    return condition === undefined || value === null || value === undefined ? [] : [condition(value as never)];
  });
}

async function edgesOf(
  reader: Reader,
  search: Search,
  columns: readonly string[],
  page: readonly Hit[],
  cursorOf: (hit: Hit) => string,
): Promise<SearchEdge[]> {
  const nodes = await Promise.all(page.map((hit) => reader.one(messageSource, hit.messageId, columns)));
  return page.flatMap((hit, index) => {
    const node = nodes[index] ?? null;
    // A message may be removed between the two statements.
    if (node === null) return [];
    return {
      node,
      cursor: cursorOf(hit),
      rank: hit.rank,
      get snippet(): Promise<string> {
        return snippetOf(reader, search, hit.messageId);
      },
    };
  });
}
