import type { GraphQLError } from 'graphql';
import { ScrollbackError } from '../../shared/errors.ts';

/** An operation that is not run, and why; each transport tells its client in its own way. */
export class Refused extends Error {
  readonly errors: readonly (GraphQLError | ScrollbackError)[];

  constructor(errors: readonly (GraphQLError | ScrollbackError)[]) {
    super('The operation was not admitted.');
    this.name = 'Refused';
    this.errors = errors;
  }
}

/** What an error says about why an operation was not run. */
export const refusalErrors = (error: unknown): readonly unknown[] =>
  error instanceof Refused ? error.errors : [error];

/** Too much in one document; `limit` is the setting that an operator would change. */
export const tooComplex = (limit: string, maximum: number, message: string): ScrollbackError =>
  new ScrollbackError('QUERY_TOO_COMPLEX', message, { limit, maximum });

/** Too often, or too many at once. */
export const rateLimited = (limit: string, maximum: number, message: string, retryAfterMs = 1000): ScrollbackError =>
  new ScrollbackError('RATE_LIMITED', message, { limit, maximum, retryAfterMs });
