import { join, raw, Sql, sql } from '../../shared/sql.ts';
import type { Viewer } from '../identity/viewer.ts';
import type { Databases } from '../reading/reader.ts';
import type { Row, Source } from '../reading/source.ts';
import { rowsByKeys } from '../reading/statements.ts';

/** What reads rows of a source for all who are shown them by the same predicate, whatever values it has. */
interface Reading {
  readonly source: Source;
  readonly statement: (lists: readonly (readonly string[])[]) => Sql;
}

/** Rows of a source as one viewer may see them. */
export interface ViewersRows {
  readonly reading: Reading;
  /** What this viewer's predicate is made of. */
  readonly values: readonly string[];
}

/** By the text for one key. Texts come from our own declarations; the bound is for the case that this ever stops being true. */
const readings = new Map<string, Reading>();
const maxReadings = 1000;

/** Null where a value is no text, so that it cannot travel with the keys. */
export function viewersRows(viewer: Viewer, source: Source, columns: readonly string[]): ViewersRows | null {
  const one = rowsByKeys(source, columns, ['the key'], viewer);
  const [, ...values] = one.values;
  if (!values.every((value) => typeof value === 'string')) return null;
  const { text } = one;
  const reading = readings.get(text) ?? readingOf(source, one);
  if (readings.size >= maxReadings) readings.clear();
  readings.set(text, reading);
  return { reading, values };
}

function readingOf(source: Source, one: Sql): Reading {
  const names = one.values.map((_, index) => raw(`value${index}`));
  const each = new Sql(
    one.strings,
    names.map((name) => sql`w.${name}`),
  );
  return {
    source,
    // Behind the fence of OFFSET each key is looked up by itself: the planner would weigh reading whole tables instead.
    statement: (lists) => sql`SELECT w.asked, r.*
      FROM unnest(${join(lists.map((list) => sql`${list}::text[]`))}) WITH ORDINALITY AS w (${join(names)}, asked)
      CROSS JOIN LATERAL (${each} OFFSET 0) AS r`,
  };
}

interface Asked {
  readonly keys: readonly string[];
  readonly values: readonly string[];
  readonly resolve: (rows: ReadonlyMap<string, Row>) => void;
  readonly reject: (reason: unknown) => void;
}

interface Batch {
  readonly asked: Asked[];
  size: number;
}

const maxKeysPerStatement = 1000;

/**
 * What is read in one turn of the event loop becomes one statement, whoever reads it, as long as the predicates differ
 * in their values alone. Each key travels with the values of whoever asked for it, and is looked up with those.
 */
export class RowsTogether {
  readonly #databases: Databases;
  #batches = new Map<Reading, Batch>();

  constructor(databases: Databases) {
    this.#databases = databases;
  }

  /** The rows with these keys, by key. */
  some({ reading, values }: ViewersRows, keys: readonly string[]): Promise<ReadonlyMap<string, Row>> {
    const { promise, resolve, reject } = Promise.withResolvers<ReadonlyMap<string, Row>>();
    const batch = this.#batchFor(reading, keys.length);
    batch.asked.push({ keys, values, resolve, reject });
    batch.size += keys.length;
    return promise;
  }

  #batchFor(reading: Reading, keys: number): Batch {
    if (this.#batches.size === 0) setImmediate(() => this.#readAll());
    const begun = this.#batches.get(reading);
    if (begun !== undefined && begun.size + keys <= maxKeysPerStatement) return begun;
    if (begun !== undefined) void this.#read(reading, begun);
    const batch = { asked: [], size: 0 };
    this.#batches.set(reading, batch);
    return batch;
  }

  #readAll(): void {
    const batches = this.#batches;
    this.#batches = new Map();
    for (const [reading, batch] of batches) void this.#read(reading, batch);
  }

  async #read({ source, statement }: Reading, { asked }: Batch): Promise<void> {
    try {
      const database = this.#databases[source.database];
      const found = await database.query<{ asked: number } & Row>(statement(listsOf(asked)));
      const byIndex = new Map(found.map((row) => [row.asked, row]));
      let index = 0;
      for (const { keys, resolve } of asked) {
        const rows = new Map<string, Row>();
        for (const key of keys) {
          const row = byIndex.get((index += 1));
          if (row !== undefined) rows.set(key, row);
        }
        resolve(rows);
      }
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  }
}

/** The keys, and for each key every value of its viewer's predicate. */
function listsOf(asked: readonly Asked[]): string[][] {
  const [first] = asked;
  const values = first?.values.map((_, index) => asked.flatMap((one) => one.keys.map(() => one.values[index] ?? '')));
  return [asked.flatMap(({ keys }) => keys), ...(values ?? [])];
}
