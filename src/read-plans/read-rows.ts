import type { Reader } from '../services/reading/reader.ts';
import type { Source } from '../services/reading/source.ts';
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
  const read =
    sought.length === 0 ? [] : await rowsOf(run.context.reader, source, shape.columns, sought).catch(failure);
  if (read instanceof Failure) return wanted.map((key) => (typeof key === 'string' ? read : key));
  const found = new Map(sought.map((key, index) => [key, read[index]]));
  return wanted.map((key) => {
    if (typeof key !== 'string') return key;
    const row = found.get(key) ?? null;
    return row === null ? null : shape.place(row, false);
  });
}

const failure = (error: unknown): Failure => new Failure(error);

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
  keys: readonly string[],
): Promise<readonly (PlanRow | null)[]> =>
  reader.loadAll<PlanRow | null>(`texts of ${source.name} ${columns.join()}`, keys, async (missing) => {
    const byKey = await reader.rowsByKeys(source, columns, missing);
    return missing.map((key) => byKey.get(key) ?? null);
  });
