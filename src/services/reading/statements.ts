import { empty, join, raw, type Sql, sql } from '../../shared/sql.ts';
import { fingerprintBytes } from '../../shared/cursor-codec.ts';
import type { Viewer } from '../identity/viewer.ts';
import type { LogOrder, Order, Source } from './source.ts';

/** The statements that read a source. Parents and keys travel as one array, so their number changes no text. */

const quoted = (name: string): string => `"${name}"`;

const selectList = (source: Source, columns: readonly string[]): Sql =>
  raw(columns.map((column) => `${columnSql(source, column)} AS ${quoted(column)}`).join(', ') || '1 AS "one"');

function columnSql(source: Source, column: string): string {
  const expression = source.columns[column];
  if (expression === undefined) throw new Error(`Source ${source.name} has no column ${column}.`);
  return expression;
}

const condition = (source: Source): Sql => raw(source.condition ?? 'TRUE');

/** Rows by their keys, where they pass the filter; "__key" says which is whose. */
export function rowsByKeys(
  source: Source,
  columns: readonly string[],
  keys: readonly string[],
  viewer: Viewer,
  filter: readonly Sql[] = [],
): Sql {
  const key = raw(source.key);
  const where = join([isOneOf(key, keys), condition(source), source.visible(viewer), ...filter], ' AND ');
  return sql`SELECT ${key} AS "__key", ${selectList(source, columns)} FROM ${raw(source.from)} WHERE ${where}`;
}

/**
 * One key has a text of its own: PostgreSQL takes any array for one of ten when it plans for all values, finds that
 * dear, and would plan a statement for one key anew at every execution.
 */
const isOneOf = (column: Sql, keys: readonly string[]): Sql =>
  keys.length === 1 ? sql`${column} = ${keys[0]}` : sql`${column} = ANY (${keys}::text[])`;

export interface PageStatement {
  readonly source: Source;
  /** Name of the relation to the parents; null for a list of all. */
  readonly relation: string | null;
  readonly parentKeys: readonly string[];
  readonly columns: readonly string[];
  readonly order: Order;
  /** Whether the rows' places in the order are wanted, for cursors. */
  readonly withPlaces: boolean;
  readonly backward: boolean;
  readonly limit: number;
  readonly after: readonly string[] | null;
  readonly before: readonly string[] | null;
  readonly filter: readonly Sql[];
  readonly viewer: Viewer;
}

/**
 * One page per parent, in order (backward: reversed). Where there are several parents, "__parent" comes first and says
 * whose row it is, and "__row" last and says in which order the parent's rows belong; see `byParent`.
 */
export function pages(page: PageStatement): Sql {
  const one = onlyParent(page);
  const { source, columns, order, withPlaces } = page;
  const width = 1 + Math.max(1, columns.length) + (withPlaces ? placeNames(source, order).length : 0);
  return one === undefined
    ? withNotice(page, overParents(page, numbered(page), sql`page.*`), width + 1)
    : withNotice(page, pageOf(page, noParent, one), width);
}

/** A log has a number for each row. To number the rows of another list means to store them once more. */
function numbered(page: PageStatement): Sql {
  const { log } = page.source;
  if (log === undefined)
    return sql`SELECT ordered.*, row_number() OVER () AS "__row" FROM (${pageOf(page, empty, parentKey)}) AS ordered`;
  const number = raw(`${isDescending(page) ? '-' : ''}${log.number} AS "__row"`);
  return pageOf(page, empty, parentKey, [number]);
}

/** How many rows each parent's whole list has. */
export function counts(page: PageStatement): Sql {
  const one = onlyParent(page);
  return one === undefined
    ? withNotice(page, overParents(page, countOf(page, empty, parentKey), sql`page."count"`), 2)
    : withNotice(page, countOf(page, noParent, one), 2);
}

/**
 * One row more where rows of these parents have no numbers yet, so that the list lacks them: it has NULL for a parent
 * where there are several, and something where there is one. That they lack them is seen in the same snapshot.
 */
function withNotice({ source, relation, parentKeys }: PageStatement, found: Sql, width: number): Sql {
  const unnumbered = source.log?.unnumbered;
  if (unnumbered === undefined) return found;
  const { table, scope } = unnumbered;
  const ofParents = relation === null ? empty : sql` WHERE ${isOneOf(raw(scope), parentKeys)}`;
  const first = relation === null || parentKeys.length === 1 ? `'notice'` : 'NULL';
  return sql`(${found}) UNION ALL SELECT ${noticeRow(first, width)} WHERE EXISTS (SELECT FROM ${raw(table)}${ofParents})`;
}

/** A row that says nothing but that it is there. */
export const noticeRow = (first: string, width: number): Sql =>
  raw([first, ...Array<string>(width - 1).fill('NULL')].join());

/** Whether a row of one of these statements is the notice, by what stands for its parent. */
export const isNotice = (
  { relation, parentKeys }: Pick<PageStatement, 'relation' | 'parentKeys'>,
  parent: unknown,
): boolean => (parent === null) !== (relation === null || parentKeys.length === 1);

const parentKey = sql`parent.key`;
/** All rows are one parent's; its key in each of them would be read for nothing. */
const noParent = sql`NULL AS "__parent", `;

/** The one parent that is asked about, or NULL for a list of all; undefined where there are many. */
function onlyParent({ relation, parentKeys }: PageStatement): Sql | undefined {
  if (relation === null) return sql`NULL::text`;
  return parentKeys.length === 1 ? sql`${parentKeys[0]}::text` : undefined;
}

const isDescending = ({ order, backward }: PageStatement): boolean => order.descending !== backward;

function pageOf(page: PageStatement, also: Sql, parent: Sql, last: readonly Sql[] = []): Sql {
  const { source, order } = page;
  const direction = isDescending(page) ? 'DESC' : 'ASC';
  const places = page.withPlaces ? placeColumns(source, order) : [];
  const select = join([selectList(source, page.columns), ...places, ...last], ', ');
  return sql`SELECT ${also}${select} FROM ${raw(source.from)} WHERE ${join(conditions(page, parent), ' AND ')}${keyset(
    order,
    page.after,
    order.descending ? '<' : '>',
  )}${keyset(order, page.before, order.descending ? '>' : '<')} ORDER BY ${raw(
    order.keys.map((key) => `${key.sql} ${direction}`).join(', '),
  )} LIMIT ${page.limit}`;
}

const countOf = (page: PageStatement, also: Sql, parent: Sql): Sql =>
  sql`SELECT ${also}count(*) AS "count" FROM ${raw(page.source.from)} WHERE ${join(conditions(page, parent), ' AND ')}`;

const overParents = (page: PageStatement, inside: Sql, select: Sql): Sql =>
  sql`SELECT parent.key AS "__parent", ${select} FROM unnest(${page.parentKeys}::text[]) AS parent (key) CROSS JOIN LATERAL (${inside}) AS page${ofVisibleParents(page)}`;

function ofVisibleParents({ source: { visibleThrough }, relation, viewer }: PageStatement): Sql {
  return visibleThrough === undefined || visibleThrough.relation !== relation
    ? empty
    : sql` WHERE ${visibleThrough.predicate(viewer, parentKey)}`;
}

function conditions(page: PageStatement, parent: Sql): Sql[] {
  const { source, relation, viewer } = page;
  const found = [condition(source), ...page.filter];
  if (relation !== null) found.push(sql`${raw(relationSql(source, relation))} = ${parent}`);
  const through = source.visibleThrough;
  if (relation === null || through?.relation !== relation) found.push(source.visible(viewer));
  else if (parent !== parentKey) found.push(through.predicate(viewer, parent));
  return found;
}

function relationSql(source: Source, relation: string): string {
  const column = source.relations?.[relation];
  if (column === undefined) throw new Error(`Source ${source.name} has no relation ${relation}.`);
  return column;
}

/** The rows on one side of a place, as a row comparison, which an index on the keys serves. */
function keyset(order: Order, place: readonly string[] | null, operator: '<' | '>'): Sql {
  if (place === null) return empty;
  const keys = raw(order.keys.map((key) => key.sql).join(', '));
  const values = join(order.keys.map((key, index) => sql`${place[index]}::${raw(key.type)}`));
  return sql` AND (${keys}) ${raw(operator)} (${values})`;
}

/** Under which names a row's place comes, after the columns: the text of its order keys, or the row of the log. */
export const placeNames = (source: Source, order: Order): readonly string[] =>
  source.log === undefined
    ? order.keys.map((_, index) => `__place${index}`)
    : ['__number', '__chain', ...(source.log.position === undefined ? [] : ['__position'])];

function placeColumns(source: Source, order: Order): Sql[] {
  const { log } = source;
  const places =
    log === undefined
      ? order.keys.map((key) => `(${key.sql})::text`)
      : [log.number, `substring(${log.chain} FROM 1 FOR ${fingerprintBytes})`, log.position];
  return placeNames(source, order).map((name, index) => raw(`${places[index]} AS ${quoted(name)}`));
}

/** The row of the log that a cursor names. */
export const logRow = (source: Source, number: number, scope: string | null): Sql =>
  ofLog(source, scope, ({ chain }) => sql`${raw(chain)} AS "chain"`, sql`${raw(logOf(source).number)} = ${number}`);

/** The highest sequence that the log has given out; null where it gives none. */
export const lastOfLog = (source: Source, scope: string | null): Sql =>
  ofLog(source, scope, ({ sequence = 'NULL' }) => sql`max(${raw(sequence)}) AS "last"`, sql`TRUE`);

function ofLog(source: Source, scope: string | null, select: (log: LogOrder) => Sql, where: Sql): Sql {
  const log = logOf(source);
  const scoped = log.scope === undefined ? empty : sql` AND ${raw(log.scope)} = ${scope}`;
  return sql`SELECT ${select(log)} FROM ${raw(log.table)} WHERE ${where}${scoped}`;
}

function logOf({ name, log }: Source): LogOrder {
  if (log === undefined) throw new Error(`Source ${name} is not ordered by a log.`);
  return log;
}
