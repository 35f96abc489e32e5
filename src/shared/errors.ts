/** Every code that a client can meet in `extensions.code`; the list is part of the API contract. */
export type ErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'BAD_USER_INPUT'
  | 'CONFLICT'
  | 'GONE'
  | 'RATE_LIMITED'
  | 'QUERY_TOO_COMPLEX'
  | 'PERSISTED_QUERY_NOT_FOUND'
  | 'UNAVAILABLE'
  | 'INTERNAL_SERVER_ERROR';

/**
 * An error whose message and details are meant for the client. Anything else that is thrown
 * reaches the client as INTERNAL_SERVER_ERROR with an incident id and nothing of its cause.
 */
export class ScrollbackError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, details: Record<string, unknown> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ScrollbackError';
    this.code = code;
    this.details = details;
  }
}

export const badInput = (message: string, details?: Record<string, unknown>): ScrollbackError =>
  new ScrollbackError('BAD_USER_INPUT', message, details);

export const notFound = (what: string): ScrollbackError => new ScrollbackError('NOT_FOUND', `${what} was not found.`);

export const unavailable = (what: string, cause?: unknown, retryAfterMs = 1000): ScrollbackError =>
  new ScrollbackError(
    'UNAVAILABLE',
    `${what} is not reachable at the moment; try again shortly.`,
    { retryAfterMs },
    cause,
  );

/** A problem that ends the process at start-up: printed as its message alone, without a stack. */
export class StartupError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'StartupError';
  }
}
