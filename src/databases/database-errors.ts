import { ScrollbackError, unavailable } from '../shared/errors.ts';
import { databaseTitles, type DatabaseName } from './database-name.ts';
import { silentConnection } from './patient-client.ts';

/** SQLSTATE classes and codes, and Node's codes, that mean "not now" rather than "not so". */
const unavailableStates = ['08', '53', '57P01', '57P02', '57P03', '57P05', '25006', '3D000', '28'];
const unavailableCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ENOENT',
]);
const unavailableMessages = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'timeout expired',
  silentConnection,
  'Client has encountered a connection error',
  'is not currently accepting connections',
  'Cannot use a pool after calling end',
  'The server does not support SSL',
];
const retryableStates = new Set(['40001', '40P01', '55P03']);

/** Values that PostgreSQL cannot hold, whichever argument they came in. */
const badValues: Readonly<Record<string, string>> = {
  '22001': 'A text is too long for its field.',
  '22003': 'A number is too large for its field.',
  '22009': 'A time is outside of what can be stored.',
  '22008': 'A time is outside of what can be stored.',
  '22021': 'A text contains a NUL character, which cannot be stored.',
  '22P05': 'A text contains a character that cannot be stored.',
};

interface DriverError {
  readonly code?: string;
  readonly message: string;
}

/** The error as the driver threw it, under whatever MikroORM and Kysely wrapped around it. */
function driverErrorOf(error: unknown): DriverError {
  let current = error;
  while (current instanceof Error) {
    const { code, message } = current as Error & { code?: unknown };
    // Errors that are not a driver's have codes too, which may be numbers.
    if (typeof code === 'string') return { code, message };
    if (current.cause === undefined) return { message };
    current = current.cause;
  }
  return { message: String(error) };
}

export function isUnavailable(error: unknown): boolean {
  if (error instanceof ScrollbackError) return error.code === 'UNAVAILABLE';
  if (error instanceof AggregateError) return error.errors.some(isUnavailable);
  const { code, message } = driverErrorOf(error);
  if (code !== undefined && unavailableCodes.has(code)) return true;
  if (code !== undefined && unavailableStates.some((state) => code.startsWith(state))) return true;
  return unavailableMessages.some((text) => message.includes(text));
}

/** Whether the server did not answer at all: its connections look alive and are not. */
export const isSilence = (error: unknown): boolean => driverErrorOf(error).message === silentConnection;

/** Behind a pooler in transaction mode a connection may lack the statements that we prepared, or have another client's. */
export const isStrangersStatement = (error: unknown): boolean =>
  ['26000', '42P05'].includes(driverErrorOf(error).code ?? '');

/** Prepared for columns whose types have changed since; it is refused before it begins. */
export function isOutdatedStatement(error: unknown): boolean {
  const { code, message } = driverErrorOf(error);
  return code === '0A000' && message === 'cached plan must not change result type';
}

/**
 * SQLSTATE classes of a refusal that is about the statement: values, constraints, conflicts, names and rights, limits,
 * and what a trigger raises.
 */
const statementClasses = ['21', '22', '23', '40', '42', '54', 'P0'];
/** A lock that was not to be had, and a statement that was stopped. */
const statementStates = new Set(['55P03', '57014']);

/**
 * Whether the server refused a statement and its connection is as good as before. Anything else may come from the
 * connection: a server that turned read-only, statements that were prepared for tables as they no longer are.
 */
export function leavesConnection(error: unknown): boolean {
  const state = driverErrorOf(error).code ?? '';
  if (isStrangersStatement(error)) return false;
  return statementStates.has(state) || (state.length === 5 && statementClasses.includes(state.slice(0, 2)));
}

/** Whether the transaction failed only because of others and may simply run again. */
export function isRetryable(error: unknown): boolean {
  return retryableStates.has(driverErrorOf(error).code ?? '');
}

/** What a caller gets to see of a database's failure: typed where it can do something about it. */
export function translateDatabaseError(error: unknown, database: DatabaseName): unknown {
  if (error instanceof ScrollbackError) return error;
  if (isUnavailable(error)) return unavailable(databaseTitles[database], error);
  const state = driverErrorOf(error).code ?? '';
  const problem = badValues[state];
  if (driverErrorOf(error).message.includes('tsquery stack too small')) {
    return new ScrollbackError('BAD_USER_INPUT', 'The search has too many operators.', {}, error);
  }
  if (problem !== undefined) return new ScrollbackError('BAD_USER_INPUT', problem, {}, error);
  if (state === '57014') {
    return new ScrollbackError(
      'UNAVAILABLE',
      'The database took too long to answer. Ask for less at once, or try again later.',
      { retryAfterMs: 1000 },
      error,
    );
  }
  return error;
}
