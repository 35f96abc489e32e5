import { StartupError } from '../shared/errors.ts';

/** SQLSTATEs of a table, a column and a schema that are not there. */
const states = new Set(['42P01', '42703', '3F000']);

/** A database without our tables is something that a person can mend; every other failure stays what it is. */
export function explainMissingTables(error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error && states.has(String(error.code)))) return error;
  return new StartupError(`The database lacks tables or columns: ${error.message}. Run \`scrollback migrate\`.`, error);
}
