import {
  CursorDivergedError,
  CursorExpiredError,
  CursorInvalidError,
  ForbiddenError,
  InterruptedError,
  NotFoundError,
  RequestRefusedError,
  UnauthenticatedError,
  type ScrollbackClientError,
} from './errors.ts';

/** `few`: it may pass, but a fault that comes back at once, time after time, is there to stay. */
export type Retry = 'always' | 'few' | 'never';

/** Why an attempt ended, and whether the next one may go better. Consumers see its `error`, never itself. */
export class Interruption extends Error {
  readonly error: ScrollbackClientError;
  readonly retry: Retry;
  /** Of all streams on a socket, or of one. */
  readonly scope: 'connection' | 'operation';
  /** How long the gateway asks to be left alone. */
  readonly afterMs: number;

  constructor(error: ScrollbackClientError, retry: Retry, scope: 'connection' | 'operation', afterMs = 0) {
    super(error.message, { cause: error });
    this.error = error;
    this.retry = retry;
    this.scope = scope;
    this.afterMs = afterMs;
  }
}

/** Restarts, drains, overload, lost networks and time-outs; 4499 and 4504 are what this side gives up with. */
const passing = new Set([1000, 1001, 1005, 1006, 1012, 1013, 1014, 4408, 4499, 4504]);
/** The same request would be refused again. */
const final = new Set([4400, 4401, 4406, 4409, 4429]);
const tokenCodes = new Set([4401, 4403]);

const retryAfterClose = (code: number): Retry => (passing.has(code) ? 'always' : final.has(code) ? 'never' : 'few');

export function interruptionOfClose(event: unknown): Interruption {
  const { code, reason } = event as { code?: unknown; reason?: unknown };
  const number = typeof code === 'number' ? code : 1006;
  const message = `The connection was closed with ${number}${typeof reason === 'string' && reason !== '' ? `: ${reason}` : '.'}`;
  const retry = retryAfterClose(number);
  const Kind = tokenCodes.has(number)
    ? UnauthenticatedError
    : retry === 'never'
      ? RequestRefusedError
      : InterruptedError;
  return new Interruption(new Kind(message, String(number)), retry, 'connection');
}

/** An error of the network comes as an event; an Error is what reading a message threw, so the other side talks nonsense. */
export function interruptionOfSocket(cause: unknown): Interruption {
  const isNonsense = cause instanceof Error;
  const message = isNonsense ? 'The gateway sent what is no message.' : 'The connection failed.';
  const error = new InterruptedError(message, isNonsense ? 'BAD_ANSWER' : 'CONNECTION_FAILED', {}, cause);
  return new Interruption(error, isNonsense ? 'few' : 'always', 'connection');
}

export const connectionInterrupted = (message: string, code: string, cause?: unknown): Interruption =>
  new Interruption(new InterruptedError(message, code, {}, cause), 'always', 'connection');

/** A live stream has no end of its own. */
export const completed = (): Interruption =>
  new Interruption(new InterruptedError('The gateway ended the operation.', 'COMPLETED'), 'always', 'operation');

export const badAnswer = (cause?: unknown): Interruption =>
  new Interruption(
    new InterruptedError('The answer does not have what was asked for.', 'BAD_ANSWER', {}, cause),
    'few',
    'operation',
  );

interface AnswerError {
  readonly message: string;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

/** Of several errors the one that no repetition mends decides. */
export function interruptionOfErrors(errors: readonly AnswerError[]): Interruption {
  const interruptions = errors.map(interruptionOfError);
  return interruptions.find(({ retry }) => retry === 'never') ?? interruptions[0] ?? badAnswer();
}

function interruptionOfError({ message, extensions = {} }: AnswerError): Interruption {
  const code = String(extensions['code']);
  const [Kind, retry] = answers.get(code) ?? [RequestRefusedError, 'never'];
  const Precise = reasons.get(String(extensions['reason'])) ?? Kind;
  const afterMs = extensions['retryAfterMs'];
  return new Interruption(
    new Precise(message, code, extensions),
    retry,
    'operation',
    typeof afterMs === 'number' && afterMs > 0 ? afterMs : 0,
  );
}

type ErrorKind = new (
  message: string,
  code: string,
  details?: Readonly<Record<string, unknown>>,
) => ScrollbackClientError;

const answers = new Map<string, readonly [ErrorKind, Retry]>([
  ['UNAUTHENTICATED', [UnauthenticatedError, 'never']],
  ['FORBIDDEN', [ForbiddenError, 'never']],
  ['NOT_FOUND', [NotFoundError, 'never']],
  ['GONE', [CursorExpiredError, 'never']],
  ['UNAVAILABLE', [InterruptedError, 'always']],
  ['RATE_LIMITED', [InterruptedError, 'always']],
  ['INTERNAL_SERVER_ERROR', [InterruptedError, 'few']],
]);

const reasons = new Map<string, ErrorKind>([
  ['CURSOR_INVALID', CursorInvalidError],
  ['CURSOR_EXPIRED', CursorExpiredError],
  ['CURSOR_DIVERGED', CursorDivergedError],
]);
