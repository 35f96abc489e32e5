import sql, { empty, join, raw, type Sql } from 'sql-template-tag';
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
  const where = join([condition(source), source.visible(viewer), ...filter], ' AND ');
  const key = raw(source.key);
  return sql`SELECT ${key} AS "__key", ${selectList(source, columns)} FROM ${raw(source.from)} WHERE ${key} = ANY (${keys}::text[]) AND ${where}`;
}

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

/** One page per parent; "__parent" says whose row it is, rows of a parent come in order (backward: reversed). */
export function pages(page: PageStatement): Sql {
  const { source, order } = page;
  const direction = order.descending === page.backward ? 'ASC' : 'DESC';
  const places = page.withPlaces ? placeColumns(source, order) : [];
  const select = join([selectList(source, page.columns), ...places], ', ');
  const inside = sql`SELECT ${select} FROM ${raw(source.from)} WHERE ${join(conditions(page), ' AND ')}${keyset(
    order,
    page.after,
    order.descending ? '<' : '>',
  )}${keyset(order, page.before, order.descending ? '>' : '<')} ORDER BY ${raw(
    order.keys.map((key) => `${key.sql} ${direction}`).join(', '),
  )} LIMIT ${page.limit}`;
  // The join over the parents may turn the rows of a page around, so they carry their order with them.
  const numbered = sql`SELECT ordered.*, row_number() OVER () AS "__row" FROM (${inside}) AS ordered`;
  return sql`${overParents(page, numbered, sql`page.*`)} ORDER BY "__row"`;
}

/** How many rows each parent's whole list has. */
export function counts(page: PageStatement): Sql {
  const inside = sql`SELECT count(*) AS "count" FROM ${raw(page.source.from)} WHERE ${join(conditions(page), ' AND ')}`;
  return overParents(page, inside, sql`page."count"`);
}

function overParents(page: PageStatement, inside: Sql, select: Sql): Sql {
  if (page.relation === null) return sql`SELECT NULL AS "__parent", ${select} FROM (${inside}) AS page`;
  const through = page.source.visibleThrough;
  const visible =
    through?.relation === page.relation ? sql` WHERE ${through.predicate(page.viewer, sql`parent.key`)}` : empty;
  return sql`SELECT parent.key AS "__parent", ${select} FROM unnest(${page.parentKeys}::text[]) AS parent (key) CROSS JOIN LATERAL (${inside}) AS page${visible}`;
}

function conditions(page: PageStatement): Sql[] {
  const { source, relation } = page;
  const found = [condition(source), ...page.filter];
  if (relation !== null) found.push(sql`${raw(relationSql(source, relation))} = parent.key`);
  if (relation === null || source.visibleThrough?.relation !== relation) found.push(source.visible(page.viewer));
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

/** A row's place: the text of its order keys, or the row of the log that its cursor names. */
function placeColumns(source: Source, order: Order): Sql[] {
  const { log } = source;
  if (log !== undefined) {
    return [raw(`${log.number} AS "__number", ${log.position} AS "__position", ${log.chain} AS "__chain"`)];
  }
  return order.keys.map((key, index) => raw(`(${key.sql})::text AS "__place${index}"`));
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
