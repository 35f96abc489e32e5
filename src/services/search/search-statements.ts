import { loosenedSql, matchEnd, matchStart } from '../../databases/search-text.ts';
import { empty, join, raw, sql, type Sql } from '../../shared/sql.ts';
import { sessionVisible } from '../identity/visibility.ts';
import type { Viewer } from '../identity/viewer.ts';

/** What is searched for, by whom. */
export interface Search {
  /** Loosened, as documents are: what stands together in it has to stand together in a text. */
  readonly query: string;
  /** Conditions on messages, over the aliases of the messages' source. */
  readonly filter: readonly Sql[];
  readonly viewer: Viewer;
}

/** One found message. */
export interface Hit {
  readonly messageId: string;
  readonly rank: number;
  /** Its place in the order of hits: the order's keys as PostgreSQL prints them, which is exact. */
  readonly place: readonly string[];
}

/** Longer messages weigh less, and ranks lie between 0 and 1. */
const rankNormalisation = 1 | 32;

/** Russian stems Cyrillic words as Russian and Latin words as English. */
const queryOf = (search: Search): Sql => sql`websearch_to_tsquery('pg_catalog.russian', ${search.query})`;

/**
 * Messages that the log knows better than the index are searched as they are; what the index says of them is old.
 * The aliases are those of the messages' source, whose filters are used here.
 */
const unindexed = sql`unindexed AS MATERIALIZED (SELECT message_id FROM scrollback.unindexed_messages())`;

const toMessages = raw(`JOIN public.messages AS m ON m.id = found.message_id
  JOIN public.sessions AS s ON s.id = m.session_db_id AND s.deleted_at IS NULL
  CROSS JOIN LATERAL (SELECT m.session_db_id AS session_id) AS l`);

const conditions = (search: Search): Sql => join([sessionVisible(search.viewer), ...search.filter], ' AND ');

const matches = (search: Search): Sql => sql`
  SELECT m.id, m."timestamp", found.document
  FROM scrollback.message_documents AS found ${toMessages}
  WHERE found.document @@ ${queryOf(search)} AND ${conditions(search)}
    AND NOT EXISTS (SELECT FROM unindexed WHERE unindexed.message_id = found.message_id)
  UNION ALL
  SELECT * FROM (
    SELECT m.id, m."timestamp", scrollback.search_document(m.content) AS document
    FROM unindexed AS found ${toMessages}
    WHERE ${conditions(search)}
    OFFSET 0
  ) AS fresh
  WHERE fresh.document @@ ${queryOf(search)}`;

/** One page of hits, best first, newest first among equals. */
export const hits = (search: Search, after: readonly string[] | null, limit: number): Sql => sql`
  WITH ${unindexed}, ranked AS (
    SELECT id, "timestamp", ts_rank_cd(document, ${queryOf(search)}, ${raw(String(rankNormalisation))}) AS rank
    FROM (${matches(search)}) AS matching
  )
  SELECT ARRAY[rank::text, "timestamp"::text, id] AS "place", id AS "messageId", rank::float8 AS "rank" FROM ranked
  ${after === null ? empty : sql`WHERE (rank, "timestamp", id) < (${after[0]}::real, ${after[1]}::timestamptz, ${after[2]}::text)`}
  ORDER BY ranked.rank DESC, ranked."timestamp" DESC, ranked.id DESC LIMIT ${limit}`;

export const hitCount = (search: Search): Sql =>
  sql`WITH ${unindexed} SELECT count(*) AS "count" FROM (${matches(search)}) AS matching`;

const headlineOptions = `MaxFragments=3, MinWords=8, MaxWords=30, ShortWord=0, FragmentDelimiter=" … ", StartSel="${matchStart}", StopSel="${matchEnd}"`;

const loosenedPiece = raw(loosenedSql('substr(m.content, start, 4200)'));

/**
 * The best passages of some messages, for the same viewer, loosened as they are searched. The memory that ts_headline
 * takes grows with the square of a text's length, and more so with phrases and negations: one long message would bring
 * the server down. So it gets the best piece of the text, and plain words. Messages without a text, which a search that
 * only excludes finds, have none.
 */
export const headlines = (search: Search, messageIds: readonly string[]): Sql => sql`
  WITH wanted AS (SELECT scrollback.any_lexeme(${queryOf(search)}) AS query)
  SELECT m.id AS "messageId",
    coalesce(ts_headline('pg_catalog.russian', piece.text, wanted.query, ${headlineOptions}), left(piece.text, 200)) AS "headline"
  FROM wanted
  CROSS JOIN public.messages AS m
  JOIN public.sessions AS s ON s.id = m.session_db_id
  CROSS JOIN LATERAL (
    SELECT ${loosenedPiece} AS text
    FROM generate_series(1, least(length(m.content), 200000), 4000) AS start
    ORDER BY ts_rank(to_tsvector('pg_catalog.russian', ${loosenedPiece}), wanted.query) DESC, start LIMIT 1
  ) AS piece
  WHERE m.id = ANY (${messageIds}::text[]) AND m.content IS NOT NULL AND ${sessionVisible(search.viewer)}`;
