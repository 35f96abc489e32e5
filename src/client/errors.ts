/**
 * What ends a stream for good. `code` is the gateway's code from its answer, the close code of the socket, or a name
 * of the client's own.
 */
export class ScrollbackClientError extends Error {
  override readonly name: string = 'ScrollbackClientError';
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(message: string, code: string, details: Readonly<Record<string, unknown>> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }
}

/** The token was refused. Thrown by the `token` function it ends every stream: there is nobody to be any more. */
export class UnauthenticatedError extends ScrollbackClientError {
  override readonly name = 'UnauthenticatedError';

  constructor(message = 'Nobody is signed in.', code = 'UNAUTHENTICATED', details = {}, cause?: unknown) {
    super(message, code, details, cause);
  }
}

export class ForbiddenError extends ScrollbackClientError {
  override readonly name = 'ForbiddenError';
}

/** There is no such thing for this viewer, or not any more. */
export class NotFoundError extends ScrollbackClientError {
  override readonly name = 'NotFoundError';
}

/** The gateway does not take the operation: a document, an argument or a protocol that it does not know. */
export class RequestRefusedError extends ScrollbackClientError {
  override readonly name = 'RequestRefusedError';
}

/** The cursor is not one of the gateway's, or of another list. */
export class CursorInvalidError extends ScrollbackClientError {
  override readonly name = 'CursorInvalidError';
}

/** The history after this cursor is kept no longer. */
export class CursorExpiredError extends ScrollbackClientError {
  override readonly name = 'CursorExpiredError';
}

/** The database was restored or failed over to an older copy: what was read after `resumeFrom` is not its history now. */
export class CursorDivergedError extends ScrollbackClientError {
  override readonly name = 'CursorDivergedError';

  /** The last cursor that still holds; null where the gateway names none. */
  get resumeFrom(): string | null {
    const cursor = this.details['resumeFrom'];
    return typeof cursor === 'string' ? cursor : null;
  }

  get lastSequence(): number | null {
    const sequence = this.details['lastSequence'];
    return typeof sequence === 'number' ? sequence : null;
  }
}

/** Messages that exist were not delivered, again and again. */
export class SequenceGapError extends ScrollbackClientError {
  override readonly name = 'SequenceGapError';
  readonly last: number;
  readonly received: number;

  constructor(last: number, received: number) {
    super(`After number ${last} came number ${received}, and what lies between was not removed.`, 'SEQUENCE_GAP');
    this.last = last;
    this.received = received;
  }
}

/** The connection was lost before the first item: what was committed in between has no cursor to be asked for by. */
export class PlaceUnknownError extends ScrollbackClientError {
  override readonly name = 'PlaceUnknownError';

  constructor(cause: unknown) {
    super(
      'The connection was lost before the first item. Read your lists again and follow anew, or follow from a cursor.',
      'PLACE_UNKNOWN',
      {},
      cause,
    );
  }
}

/** The connection or an operation failed in a way that may pass; it ends a stream only when it does so time after time. */
export class InterruptedError extends ScrollbackClientError {
  override readonly name = 'InterruptedError';
}
