import type { Sql } from 'sql-template-tag';
import { logIdentityOf } from '../../databases/log-identity.ts';
import { decodeKeysCursor, encodeKeysCursor } from '../../shared/cursor-codec.ts';
import { badInput } from '../../shared/errors.ts';
import { messageSource } from '../messages/message-source.ts';
import type { PageRequest } from '../reading/page-request.ts';
import type { Reader } from '../reading/reader.ts';
import type { Row } from '../reading/source.ts';
import { SearchPage, type SearchEdge } from './search-page.ts';
import { headlines, hitCount, hits, type Hit, type HitPlace, type Search } from './search-statements.ts';
import { snippetOf } from './snippet.ts';

/** What a search asks for; `columns` are those of the messages' source. */
export interface SearchRequest {
  readonly query: string;
  readonly request: PageRequest;
  readonly filter: Readonly<Record<string, unknown>> | null;
  readonly columns: readonly string[];
}

const maxQueryLength = 1000;

/** Messages that the viewer may see and whose text fits the query, best first. Deleted sessions are not searched. */
export async function searchMessages(reader: Reader, asked: SearchRequest): Promise<SearchPage> {
  const { request, filter, columns } = asked;
  const query = searchTextOf(asked.query);
  const search: Search = { query, filter: conditionsOf(filter), viewer: reader.viewer };
  const database = reader.databases.agentRuntime;
  const { cursorKey } = await logIdentityOf(database);
  const scope = `search ${JSON.stringify([query, filter])}`;
  const after = request.after === null ? null : placeOf(decodeKeysCursor(cursorKey, scope, request.after));
  const found = await database.query<Hit>(hits(search, after, request.size + 1));
  const page = found.slice(0, request.size);
  const rows = await Promise.all(page.map((hit) => reader.one(messageSource, hit.messageId, columns)));
  const cursorOf = (hit: HitPlace): string => encodeKeysCursor(cursorKey, scope, [hit.rank, hit.position]);
  return new SearchPage(
    page.flatMap((hit, index) =>
      edgesOf(hit, rows[index] ?? null, cursorOf, (id) => snippet(reader, scope, search, id)),
    ),
    {
      hasNextPage: found.length > request.size,
      hasPreviousPage: request.after !== null,
      startCursor: page[0] === undefined ? null : cursorOf(page[0]),
      endCursor: page.length === 0 ? request.after : (page.slice(-1).map(cursorOf)[0] ?? null),
    },
    async () => (await database.query<{ count: number }>(hitCount(search)))[0]?.count ?? 0,
  );
}

/** The filters of messages that are given and not null. */
function conditionsOf(filter: SearchRequest['filter']): Sql[] {
  return Object.entries(filter ?? {}).flatMap(([name, value]) => {
    const condition = messageSource.filters?.[name];
    return condition === undefined || value === null || value === undefined ? [] : [condition(value as never)];
  });
}

/** PostgreSQL's text has no NUL; to a search it is a space like any other. */
function searchTextOf(query: string): string {
  if (query.length > maxQueryLength) {
    throw badInput(`\`query\` is at most ${maxQueryLength} characters long.`, {
      argument: 'query',
      maximum: maxQueryLength,
    });
  }
  return query.replaceAll('\0', ' ').trim();
}

function placeOf(values: readonly string[]): HitPlace {
  const [rank = '', position = ''] = values;
  return { rank, position };
}

/** None for a message that was removed since it was found. */
function edgesOf(
  hit: Hit,
  node: Row | null,
  cursorOf: (hit: HitPlace) => string,
  snippetOfMessage: (messageId: string) => Promise<string>,
): SearchEdge[] {
  if (node === null) return [];
  return [
    {
      node,
      cursor: cursorOf(hit),
      rank: hit.score,
      get snippet(): Promise<string> {
        return snippetOfMessage(hit.messageId);
      },
    },
  ];
}

function snippet(reader: Reader, scope: string, search: Search, messageId: string): Promise<string> {
  const loader = reader.loader<string>(`snippet ${scope}`, async (messageIds) => {
    const rows = await reader.databases.agentRuntime.query<{ messageId: string; headline: string }>(
      headlines(search, messageIds),
    );
    const byMessage = new Map(rows.map((row) => [row.messageId, snippetOf(row.headline)]));
    return messageIds.map((id) => byMessage.get(id) ?? '');
  });
  return loader.load(messageId);
}
