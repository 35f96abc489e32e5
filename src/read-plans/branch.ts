import type { PlanRow } from './rows.ts';
import type { Run } from './run.ts';

/** Loads what a field of rows stands for, for all rows at once, into the rows' slots. Its failures go there, too. */
export interface Branch {
  load(rows: readonly PlanRow[], run: Run): Promise<void>;
  /** Whether what was loaded for the row shows that the viewer may see the row; absent where nothing can show it. */
  readonly proves?: (row: PlanRow, run: Run) => boolean;
}

export async function loadBranches(branches: readonly Branch[], rows: readonly PlanRow[], run: Run): Promise<void> {
  if (rows.length === 0 || branches.length === 0) return;
  await Promise.all(branches.map((branch) => branch.load(rows, run)));
}
