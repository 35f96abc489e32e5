import { byParent, type Belonging } from '../services/reading/by-parent.ts';
import { Page, type Cursors } from '../services/reading/page.ts';
import type { PageReading } from '../services/reading/page-reading.ts';
import type { PageRequest } from '../services/reading/page-request.ts';
import { Places } from '../services/reading/places.ts';
import { placeNames, type PageStatement } from '../services/reading/statements.ts';
import type { PlanRow, SourceRows } from './rows.ts';
import { Failure, type Run } from './run.ts';

/** One page of a list, and what its list has in all where that is asked. */
export interface PlanPage {
  readonly page: Page<PlanRow>;
  readonly total: number | undefined | Failure;
}

/** Which page is read, of each parent. */
export interface PagesRead {
  readonly reading: PageReading;
  readonly request: PageRequest;
  readonly shape: SourceRows;
  readonly counted: boolean;
}

/** A parent's list, and the places in it that the request's cursors stand for. */
interface Opened {
  readonly cursors: Cursors<PlanRow>;
  readonly after: readonly string[] | null;
  readonly before: readonly string[] | null;
}

/** What was read for one parent. */
interface Found {
  readonly rows: readonly PlanRow[];
  readonly total: PlanPage['total'];
  readonly cursors: Cursors<PlanRow>;
}

const noParent = '';

/** The page of each parent, in the order of the parents; a parent may be there more than once. null is the parent of all rows. */
export async function readPages(
  run: Run,
  read: PagesRead,
  parents: readonly (string | null)[],
): Promise<(PlanPage | Failure)[]> {
  const found = await findPages(run, read, [...new Set(parents)]);
  const taken = new Set<string | null>();
  return parents.map((parent) => {
    const of = found.get(parent ?? noParent) as Found | Failure;
    if (of instanceof Failure) return of;
    const isFirst = !taken.has(parent);
    taken.add(parent);
    return pageOf(run, read, of, isFirst);
  });
}

function pageOf(run: Run, { shape, request }: PagesRead, found: Found, isFirst: boolean): PlanPage | Failure {
  const rows = found.rows.map((row) => shape.place(row, isFirst));
  const page = new Page(rows, request, found.cursors, uncounted);
  try {
    run.context.spend(page.nodes.length);
  } catch (error) {
    return new Failure(error);
  }
  return { page, total: found.total };
}

const uncounted = (): never => {
  throw new Error('A plan counts beside its pages.');
};

/** One statement for all parents whose cursors stand for the same place, which mostly are all of them. */
async function findPages(
  run: Run,
  read: PagesRead,
  parents: readonly (string | null)[],
): Promise<ReadonlyMap<string, Found | Failure>> {
  const found = new Map<string, Found | Failure>();
  if (needsNoPlaces(read)) {
    await findGroup(
      run,
      read,
      noPlaces,
      parents.map((parent) => [parent, noPlaces] as const),
      found,
    );
    return found;
  }
  const opened = await Promise.all(parents.map(async (parent) => [parent, await open(run, read, parent)] as const));
  const groups = Map.groupBy(opened, ([, of]) => (of instanceof Failure ? of : JSON.stringify([of.after, of.before])));
  await Promise.all(
    [...groups.values()].map(async (group) => {
      const [, first] = group[0] as (typeof opened)[0];
      if (first instanceof Failure) for (const [parent] of group) found.set(parent ?? noParent, first);
      else await findGroup(run, read, first, group as [string | null, Opened][], found);
    }),
  );
  return found;
}

async function findGroup(
  run: Run,
  { reading, counted }: PagesRead,
  { after, before }: Opened,
  group: readonly (readonly [string | null, Opened])[],
  found: Map<string, Found | Failure>,
): Promise<void> {
  const keys = group.map(([parent]) => parent ?? noParent);
  const statement: PageStatement = { ...reading.statement, after, before, parentKeys: keys };
  const [rows, totals] = await Promise.all([
    run.context.reader.pageRows(statement).catch(failure),
    counted ? run.context.reader.countRows(statement).catch(failure) : undefined,
  ]);
  const rowsOf = rows instanceof Failure ? () => rows : grouped(rows, keys);
  const totalOf = (key: string): PlanPage['total'] =>
    Array.isArray(totals) ? Number((keys.length === 1 ? totals : totals.filter(isOf(key)))[0]?.[1] ?? 0) : totals;
  for (const [parent, { cursors }] of group) {
    const key = parent ?? noParent;
    const of = rowsOf(key);
    found.set(key, of instanceof Failure ? of : { rows: of, total: totalOf(key), cursors });
  }
}

/** Rows say whose they are where there are several parents. */
function grouped(rows: readonly PlanRow[], keys: readonly string[]): (key: string) => readonly PlanRow[] {
  if (keys.length === 1) return () => rows;
  const found = byParent(rows, belonging);
  return (key) => found.get(key) ?? [];
}

const belonging: Belonging<PlanRow> = {
  parent: (row) => row[0],
  place: (row) => Number(row[row.length - 1]),
};

const isOf =
  (key: string) =>
  ([parent]: PlanRow): boolean =>
    parent === key;

const failure = (error: unknown): Failure => new Failure(error);

const noCursors: Cursors<PlanRow> = {
  cursorsOf: () => {
    throw new Error('A plan did not see that cursors are asked for.');
  },
  startCursor: () => null,
};

/** Then all parents' lists are opened alike, without looking at any. */
const needsNoPlaces = ({ reading, request }: PagesRead): boolean =>
  !reading.statement.withPlaces && request.after === null && request.before === null;

const noPlaces: Opened = { cursors: noCursors, after: null, before: null };

async function open(
  run: Run,
  { reading, request, shape }: PagesRead,
  parentKey: string | null,
): Promise<Opened | Failure> {
  const { list } = reading;
  const database = run.context.reader.databases[list.source.database];
  try {
    const places = await Places.of(database, { ...list, parentKey }, [request.after, request.before]);
    const [after, before] = await Promise.all([
      places.placeOf(database, request.after),
      places.placeOf(database, request.before),
    ]);
    return { cursors: cursorsOfRows(places, placeNames(list.source, list.order).length, shape), after, before };
  } catch (error) {
    return new Failure(error);
  }
}

/** A row's place stands after its other cells. */
const cursorsOfRows = (places: Places, width: number, { columns }: SourceRows): Cursors<PlanRow> => {
  const from = 1 + Math.max(1, columns.length);
  return {
    cursorsOf: (rows) => places.cursorsOf(rows.map((row) => row.slice(from, from + width))),
    startCursor: () => places.startCursor(),
  };
};
