import type { DatabaseConfig } from '../config/database-config.ts';
import { isUnavailable } from '../databases/database-errors.ts';
import { StartupError } from '../shared/errors.ts';
import { connectionAdvice } from './connection-advice.ts';

/** What a command does about a failure: where the database was not to be had it ends with what to do about that. */
export const advise =
  (config: DatabaseConfig) =>
  (error: unknown): never => {
    if (!isUnavailable(error)) throw error;
    throw new StartupError(connectionAdvice(config, error), error);
  };
