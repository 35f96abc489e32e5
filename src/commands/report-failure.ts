import { ScrollbackError, StartupError } from '../shared/errors.ts';

/** One clear line for what a person can mend; the whole error for what only we can. */
export function reportFailure(error: unknown): void {
  const foreseen = error instanceof StartupError || error instanceof ScrollbackError;
  process.stderr.write(
    foreseen ? `${error.message}\n` : `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = 1;
}
