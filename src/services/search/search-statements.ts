import sql, { empty, join, raw, type Sql } from 'sql-template-tag';
import { sessionVisible } from '../identity/visibility.ts';
import type { Viewer } from '../identity/viewer.ts';

/** What is searched for, by whom. */
export interface Search {
  readonly query: string;
  /** Conditions on messages, over the aliases of the messages' source. */
  readonly filter: readonly Sql[];
  readonly viewer: Viewer;
}

/** A hit's place in the order of hits, as PostgreSQL prints it. */
export interface HitPlace {
  readonly rank: string;
  readonly position: string;
}

/** One found message; the place is exact, `score` is for showing. */
export interface Hit extends HitPlace {
  readonly messageId: string;
  readonly score: number;
}

/** Stand for <mark> and </mark> until the text is escaped. They are taken out of the content before. */
export const matchStart = '\u0001';
export const matchEnd = '\u0002';

/** Longer messages weigh less, and ranks lie between 0 and 1. */
const rankNormalisation = 1 | 32;

/** Russian stems Cyrillic words as Russian and Latin words as English. */
const queryOf = (search: Search): Sql => sql`websearch_to_tsquery('pg_catalog.russian', ${search.query})`;

/**
 * Messages that the log has beyond what is indexed are searched as they are; what the index says of them is old.
 * Positions of sessions that are gone stay in the log, hence the joins.
 */
const unindexed = sql`unindexed AS MATERIALIZED (
  SELECT DISTINCT subject_id AS message_id FROM scrollback.session_log
  WHERE position > (SELECT position FROM scrollback.document_progress) AND message_sequence IS NOT NULL
)`;

const fromMessages = raw(`JOIN public.messages AS m ON m.id = found.message_id
  JOIN public.sessions AS s ON s.id = m.session_db_id AND s.deleted_at IS NULL
  JOIN scrollback.session_log AS l ON l.subject_id = m.id AND l.session_id = m.session_db_id AND l.kind = 'message_added'`);

const conditions = (search: Search): Sql => join([sessionVisible(search.viewer), ...search.filter], ' AND ');

const matches = (search: Search): Sql => sql`
  SELECT m.id AS message_id, l.position, found.document
  FROM scrollback.message_documents AS found ${fromMessages}
  WHERE found.document @@ ${queryOf(search)} AND ${conditions(search)}
    AND found.message_id NOT IN (SELECT message_id FROM unindexed)
  UNION ALL
  SELECT * FROM (
    SELECT m.id AS message_id, l.position, scrollback.search_document(m.content) AS document
    FROM unindexed AS found ${fromMessages}
    WHERE ${conditions(search)}
    OFFSET 0
  ) AS fresh
  WHERE document @@ ${queryOf(search)}`;

/** One page of hits, best first, newest first among equals. */
export const hits = (search: Search, after: HitPlace | null, limit: number): Sql => sql`
  WITH ${unindexed}, ranked AS (
    SELECT message_id, position, ts_rank_cd(document, ${queryOf(search)}, ${raw(String(rankNormalisation))}) AS rank
    FROM (${matches(search)}) AS matching
  )
  SELECT message_id AS "messageId", position::text, rank::text, rank::float8 AS "score" FROM ranked
  ${after === null ? empty : sql`WHERE (rank, position) < (${after.rank}::real, ${after.position}::bigint)`}
  ORDER BY ranked.rank DESC, ranked.position DESC LIMIT ${limit}`;

export const hitCount = (search: Search): Sql =>
  sql`WITH ${unindexed} SELECT count(*) AS "count" FROM (${matches(search)}) AS matching`;

const headlineOptions = `MaxFragments=3, MinWords=8, MaxWords=30, FragmentDelimiter=" … ", StartSel="${matchStart}", StopSel="${matchEnd}"`;

/** The best passages of some messages, for the same viewer. */
export const headlines = (search: Search, messageIds: readonly string[]): Sql => sql`
  SELECT m.id AS "messageId", ts_headline(
    'pg_catalog.russian',
    translate(left(coalesce(m.content, ''), 200000), ${matchStart + matchEnd}, ''),
    ${queryOf(search)},
    ${headlineOptions}
  ) AS "headline"
  FROM public.messages AS m JOIN public.sessions AS s ON s.id = m.session_db_id
  WHERE m.id = ANY (${messageIds}::text[]) AND ${sessionVisible(search.viewer)}`;
