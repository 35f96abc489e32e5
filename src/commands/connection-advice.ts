import type { DatabaseConfig } from '../config/database-config.ts';
import { ScrollbackError } from '../shared/errors.ts';
import { reasonOf } from './reason-of.ts';

type Advice = (config: DatabaseConfig) => string;

/** By SQLSTATE: what the server itself refuses, and no waiting mends. */
const refusals: Readonly<Record<string, Advice>> = {
  '28P01': ({ user }) => `Put the password of ${user} into the URL.`,
  '28000': ({ user }) => `Let ${user} in: the role must exist with LOGIN, and pg_hba.conf must have a line for it.`,
  '3D000': ({ database }) => `Create the database ${database} (init-db/ does it), or put the right name into the URL.`,
};

/** What passes, or is mended there: the server is the right one, and lets the role in. */
const hindrances: Readonly<Record<string, string>> = {
  '25006':
    'It is a standby, or default_transaction_read_only is on for the role or the database: give the URL of the primary, and let the role write.',
  '53300': 'Raise max_connections there, or lower DB_POOL_SIZE here.',
};

/** As the server or the driver said it, before it was translated for clients. */
const originOf = (error: unknown): unknown =>
  error instanceof ScrollbackError && error.cause !== undefined ? originOf(error.cause) : error;

const sqlStateOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** Whether the server answered and said no, to a password, a role or a database. */
export const isRefused = (error: unknown): boolean => sqlStateOf(error) in refusals;

/** Why there is no connection, and what to do about it. */
export function connectionAdvice(config: DatabaseConfig, translated: unknown): string {
  const error = originOf(translated);
  const hindrance = hindrances[sqlStateOf(error)];
  if (hindrance !== undefined) return `${config.masked} does not serve: ${reasonOf(error)}. ${hindrance}`;
  const refusal = refusals[sqlStateOf(error)];
  return refusal === undefined
    ? `${config.masked} cannot be reached: ${reasonOf(error)}. Check that it runs and that the URL is right.`
    : `${config.masked} refuses the connection: ${reasonOf(error)}. ${refusal(config)}`;
}
