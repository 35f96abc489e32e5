import { StartupError } from '../shared/errors.ts';

/** SQLSTATEs of a table, a column, a schema and a function that are not there. */
const states = new Set(['42P01', '42703', '3F000', '42883']);

/** A database without our tables is something that a person can mend; every other failure stays what it is. */
export function explainMissingTables(error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error && states.has(String(error.code)))) return error;
  return new StartupError(
    `The database lacks what migrations bring: ${error.message}. Run \`scrollback migrate\`.`,
    error,
  );
}
