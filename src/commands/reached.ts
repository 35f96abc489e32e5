import type pg from 'pg';
import type { DatabaseConfig } from '../config/database-config.ts';
import { isUnavailable } from '../databases/database-errors.ts';
import { StartupError } from '../shared/errors.ts';
import { connected } from './connected.ts';
import { connectionAdvice } from './connection-advice.ts';

/** The same as `connected` for a command that can do nothing without the database, and says what to do. */
export async function reached<Result>(
  config: DatabaseConfig,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  try {
    return await connected(config, work);
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    throw new StartupError(connectionAdvice(config, error), error);
  }
}
