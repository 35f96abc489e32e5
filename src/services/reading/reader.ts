import DataLoader from 'dataloader';
import type { Sql } from '../../shared/sql.ts';
import { isUnavailable } from '../../databases/database-errors.ts';
import type { Database } from '../../databases/database.ts';
import type { DatabaseName } from '../../databases/database-name.ts';
import { numberAllMessages, numberSessions, numberSessionsOf } from '../../databases/numbering.ts';
import { readFor, type ReadFor } from '../../databases/row-security/read-for.ts';
import type { ReadOptions } from '../../databases/run-statement.ts';
import { Allowance } from '../../shared/allowance.ts';
import type { Leaving } from '../../shared/leaving.ts';
import { readForOf } from '../identity/read-for.ts';
import type { Viewer } from '../identity/viewer.ts';
import { byParent, type Belonging } from './by-parent.ts';
import { Page } from './page.ts';
import { givenFilters, pageReadingOf, type PageQuery } from './page-reading.ts';
import { Places } from './places.ts';
import type { Row, Source } from './source.ts';
import { counts, isNotice, pages, placeNames, rowsByKeys, type PageStatement } from './statements.ts';

export type Databases = Readonly<Record<DatabaseName, Database>>;

const maxKeysPerStatement = 1000;

type RowOfParent = Row & { readonly __parent: string; readonly __row: number };
const parentOf = (row: { readonly __parent: string | null }): string | null => row.__parent;
const belonging: Belonging<RowOfParent> = { parent: (row) => row.__parent, place: (row) => row.__row };

/**
 * Reads sources for one viewer during one operation. Whatever is asked for in the same turn with the same columns
 * becomes one statement, so the number of statements does not grow with the number of rows.
 */
export class Reader {
  readonly viewer: Viewer;
  readonly databases: Databases;
  readonly #loaders = new Map<string, DataLoader<string, unknown>>();
  readonly #groupLoaders = new Map<string, DataLoader<readonly string[], readonly unknown[]>>();

  readonly #readFor: ReadFor;
  readonly #mayLag: boolean;
  readonly #leaving: Leaving | null;
  readonly #readsNumbered: boolean;
  #asking: ReadOptions;

  /**
   * With `mayLag` answers may come from a replica; never after a write of the same operation, and never in a stream.
   * When `leaving` says that nobody waits for the answer any more, what is being read is given up. With `readsNumbered`
   * the keys of messages come from the log.
   */
  constructor(
    databases: Databases,
    viewer: Viewer,
    options: { mayLag?: boolean; leaving?: Leaving | null; readsNumbered?: boolean } = {},
  ) {
    this.databases = databases;
    this.viewer = viewer;
    this.#readFor = readForOf(viewer);
    this.#mayLag = options.mayLag ?? false;
    this.#leaving = options.leaving ?? null;
    this.#readsNumbered = options.readsNumbered ?? false;
    this.#asking = this.#anew();
  }

  /** The row with this key, or null where there is none for this viewer. */
  async one(source: Source, key: string, columns: readonly string[]): Promise<Row | null> {
    // No key has one, and PostgreSQL would refuse the statement, the keys of others in it too.
    if (key.includes('\0')) return null;
    const name = `one ${source.name} ${columns.join()}`;
    return this.loader<Row | null>(name, (keys) => this.#rowsOf(source, columns, keys, null)).load(key);
  }

  /** The rows with these keys that pass the filter, by key. */
  async some(
    source: Source,
    keys: readonly string[],
    columns: readonly string[],
    filter: PageQuery['filter'] = null,
  ): Promise<ReadonlyMap<string, Row>> {
    const name = `some ${source.name} ${columns.join()} ${JSON.stringify(filter)}`;
    const loader = this.loader<Row | null>(name, (wanted) => this.#rowsOf(source, columns, wanted, filter));
    const rows = await Promise.all(keys.map((key) => loader.load(key)));
    return new Map(keys.flatMap((key, index) => (rows[index] == null ? [] : [[key, rows[index]] as const])));
  }

  /** One page of the rows that belong to a parent, or of all. */
  async page(query: PageQuery, parentKey: string | null): Promise<Page> {
    const { source, request } = query;
    const { list, statement: reading } = pageReadingOf(query, this.viewer);
    const database = this.databases[source.database];
    const places = await Places.of(database, { ...list, parentKey }, [request.after, request.before]);
    const [after, before] = await Promise.all([
      places.placeOf(database, request.after),
      places.placeOf(database, request.before),
    ]);
    const statement = { ...reading, after, before };
    const { relation, filter, withPlaces, withMore } = query;
    const asked = [source.name, list.orderName, relation, request, after, before, filter, withPlaces, withMore];
    const name = JSON.stringify(asked);
    const found = await this.#rowsOfParents(`page ${name} ${query.columns.join()}`, statement, parentKey);
    const names = placeNames(source, list.order);
    const cursors = {
      cursorsOf: (rows: readonly Row[]) => places.cursorsOf(rows.map((row) => names.map((column) => row[column]))),
      startCursor: () => places.startCursor(),
    };
    return new Page(found, request, cursors, () => this.#count(`count ${name}`, statement, parentKey));
  }

  /** A statement of code that reads without a source; it carries the viewer's predicate itself. */
  query<Result extends object>(name: DatabaseName, statement: Sql, mayLag = this.#mayLag): Promise<Result[]> {
    const database = this.databases[name];
    const reading = readFor(statement, this.#readFor);
    return mayLag ? database.read<Result>(reading, this.#asking) : database.query<Result>(reading, this.#asking);
  }

  /** The same for a statement whose rows are wanted as PostgreSQL prints them; see Database. */
  rows(name: DatabaseName, statement: Sql, mayLag = this.#mayLag): Promise<unknown[][]> {
    const database = this.databases[name];
    const reading = readFor(statement, this.#readFor);
    return mayLag ? database.readRows(reading, this.#asking) : database.queryRows(reading, this.#asking);
  }

  /** Rows of a source by their keys, as PostgreSQL prints them, the key first. */
  rowsByKeys(source: Source, columns: readonly string[], keys: readonly string[]): Promise<Map<string, unknown[]>> {
    return this.#byKeys(source, keys, async (some, mayLag) => {
      const rows = await this.rows(source.database, rowsByKeys(source, columns, some, this.viewer), mayLag);
      return rows.map((row) => [row[0] as string, row]);
    });
  }

  /** Rows of one or more pages, as PostgreSQL prints them; see `pages`. */
  pageRows(page: PageStatement): Promise<unknown[][]> {
    return this.#ofPage(
      page,
      ([parent]) => parent,
      (mayLag) => this.rows(page.source.database, pages(page), mayLag),
    );
  }

  /** How many rows each parent has, in the same way; see `counts`. */
  countRows(page: PageStatement): Promise<unknown[][]> {
    return this.#ofPage(
      page,
      ([parent]) => parent,
      (mayLag) => this.rows(page.source.database, counts(page), mayLag),
    );
  }

  /**
   * What is read in the order of the log: where a row says that messages of these sessions (null: of any) have no numbers
   * yet, they get them, and it is read again.
   */
  async numbered<Result>(
    sessionIds: readonly string[] | null,
    read: (mayLag?: boolean) => Promise<Result[]>,
    isNoticeRow: (row: Result) => boolean,
  ): Promise<Result[]> {
    const rows = await read();
    if (!rows.some(isNoticeRow)) return rows;
    const { agentRuntime } = this.databases;
    const wasNumbered = await this.#number(() =>
      sessionIds === null ? numberAllMessages(agentRuntime) : numberSessions(agentRuntime, sessionIds),
    );
    return (wasNumbered ? await read(false) : rows).filter((row) => !isNoticeRow(row));
  }

  /** What a page's statement reads, for whose rows this says whose they are. */
  #ofPage<Result>(
    page: PageStatement,
    parentIn: (row: Result) => unknown,
    read: (mayLag?: boolean) => Promise<Result[]>,
  ): Promise<Result[]> {
    const sessionIds = page.relation === null ? null : page.parentKeys;
    return this.numbered(sessionIds, read, (row) => isNotice(page, parentIn(row)));
  }

  /** Whether it could be done: while the database is away a replica still says what is numbered. */
  async #number(work: () => Promise<unknown>): Promise<boolean> {
    try {
      return (await work()) !== false;
    } catch (error) {
      if (this.#mayLag && isUnavailable(error)) return false;
      throw error;
    }
  }

  /** Rows by their keys; those that are not there may only have no numbers yet. */
  async #byKeys<Result>(
    source: Source,
    keys: readonly string[],
    read: (keys: readonly string[], mayLag?: boolean) => Promise<(readonly [string, Result])[]>,
  ): Promise<Map<string, Result>> {
    const found = new Map(await read(keys));
    if (found.size === keys.length || this.#readsNumbered || source.log?.unnumbered === undefined) return found;
    const missing = keys.filter((key) => !found.has(key));
    if (await this.#number(() => numberSessionsOf(this.databases[source.database], missing)))
      for (const [key, row] of await read(missing, false)) found.set(key, row);
    return found;
  }

  /** A batch function for what is not read from a source; made once per operation under its name. */
  loader<Value>(
    name: string,
    batch: (keys: readonly string[]) => Promise<readonly (Value | Error)[]>,
  ): DataLoader<string, Value> {
    let loader = this.#loaders.get(name);
    if (loader === undefined) {
      loader = new DataLoader<string, unknown>(batch, { maxBatchSize: maxKeysPerStatement });
      this.#loaders.set(name, loader);
    }
    return loader as DataLoader<string, Value>;
  }

  /** The values of many keys at once, which cost the loader what one key does; known ones are not read again. */
  loadAll<Value>(
    name: string,
    keys: readonly string[],
    batch: (keys: readonly string[]) => Promise<readonly Value[]>,
  ): Promise<readonly Value[]> {
    let loader = this.#groupLoaders.get(name);
    if (loader === undefined) {
      const known = new Map<string, Value>();
      loader = new DataLoader<readonly string[], readonly unknown[]>(
        async (groups) => {
          const missing = [...new Set(groups.flat())].filter((key) => !known.has(key));
          for (let from = 0; from < missing.length; from += maxKeysPerStatement) {
            const some = missing.slice(from, from + maxKeysPerStatement);
            (await batch(some)).forEach((value, index) => known.set(some[index] as string, value));
          }
          return groups.map((group) => group.map((key) => known.get(key)));
        },
        { cache: false },
      );
      this.#groupLoaders.set(name, loader);
    }
    return loader.load(keys) as Promise<readonly Value[]>;
  }

  /** Forgets what was read: for operations that live on, and for reads after a write. */
  forget(): void {
    this.#loaders.clear();
    this.#groupLoaders.clear();
    this.#asking = this.#anew();
  }

  #anew(): ReadOptions {
    return { asker: { leaving: this.#leaving, allowance: new Allowance() } };
  }

  async #rowsOf(
    source: Source,
    columns: readonly string[],
    keys: readonly string[],
    filter: PageQuery['filter'],
  ): Promise<(Row | null)[]> {
    const byKey = await this.#byKeys(source, keys, async (some, mayLag) => {
      const statement = rowsByKeys(source, columns, some, this.viewer, givenFilters(source, filter));
      const rows = await this.query<Row & { __key: string }>(source.database, statement, mayLag);
      return rows.map((row) => [row.__key, row]);
    });
    return keys.map((key) => byKey.get(key) ?? null);
  }

  async #rowsOfParents(
    name: string,
    page: Omit<PageStatement, 'parentKeys'>,
    parentKey: string | null,
  ): Promise<readonly Row[]> {
    const loader = this.loader<readonly Row[]>(name, async (parentKeys) => {
      const statement = { ...page, parentKeys };
      const rows = await this.#ofPage(statement, parentOf, (mayLag) =>
        this.query<RowOfParent>(page.source.database, pages(statement), mayLag),
      );
      if (parentKeys.length === 1) return [rows];
      const found = byParent(rows, belonging);
      return parentKeys.map((key) => found.get(key) ?? []);
    });
    return loader.load(parentKey ?? '');
  }

  async #count(name: string, page: Omit<PageStatement, 'parentKeys'>, parentKey: string | null): Promise<number> {
    const loader = this.loader<number>(name, async (parentKeys) => {
      const statement = { ...page, parentKeys };
      const rows = await this.#ofPage(statement, parentOf, (mayLag) =>
        this.query<{ __parent: string | null; count: number }>(page.source.database, counts(statement), mayLag),
      );
      if (parentKeys.length === 1) return [rows[0]?.count ?? 0];
      const totals = new Map(rows.map((row) => [row.__parent ?? '', row.count]));
      return parentKeys.map((key) => totals.get(key) ?? 0);
    });
    return loader.load(parentKey ?? '');
  }
}
