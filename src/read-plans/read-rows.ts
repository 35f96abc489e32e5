import type { Reader } from '../services/reading/reader.ts';
import type { Source } from '../services/reading/source.ts';
import { rowsByKeys } from '../services/reading/statements.ts';
import type { PlanRow, SourceRows } from './rows.ts';
import { Failure, type Run } from './run.ts';

/** Keys of rows, one for each row that wants one; null where it wants none. */
export type Keys = readonly (string | null | Failure)[];

/** The rows with these keys, each in the place of its key: null where the viewer sees none. */
export async function readByKeys(
  run: Run,
  source: Source,
  shape: SourceRows,
  keys: Keys,
): Promise<(PlanRow | null | Failure)[]> {
  const wanted = keys.map((key) => spendOn(run, key));
  // No key has a NUL, and PostgreSQL would refuse the statement.
  const sought = [...new Set(wanted.filter((key) => typeof key === 'string' && !key.includes('\0')))] as string[];
  const read = sought.length === 0 ? [] : await rowsOf(run.context.reader, source, shape.columns).loadMany(sought);
  const found = new Map(sought.map((key, index) => [key, read[index]]));
  return wanted.map((key) => {
    if (typeof key !== 'string') return key;
    const row = found.get(key) ?? null;
    if (row instanceof Error) return new Failure(row);
    return row === null ? null : shape.place(row, false);
  });
}

function spendOn(run: Run, key: string | null | Failure): string | null | Failure {
  if (typeof key !== 'string') return key;
  try {
    run.context.spend(1);
    return key;
  } catch (error) {
    return new Failure(error);
  }
}

/** What is asked for in the same turn with the same columns, in whatever places of the answer, is one statement. */
const rowsOf = (
  reader: Reader,
  source: Source,
  columns: readonly string[],
): ReturnType<typeof reader.loader<PlanRow | null>> =>
  reader.loader<PlanRow | null>(`texts of ${source.name} ${columns.join()}`, async (keys) => {
    const rows = await reader.rows(source.database, rowsByKeys(source, columns, keys, reader.viewer));
    const byKey = new Map(rows.map((row) => [row[0], row]));
    return keys.map((key) => byKey.get(key) ?? null);
  });
