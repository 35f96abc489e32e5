import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionResult } from 'graphql';
import { ScrollbackError, unavailable } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { keysOf, type Caller } from '../admission/caller.ts';
import type { AdmittedOperation } from '../admission/admission.ts';
import { refusalErrors } from '../admission/refused.ts';
import { spreadOver } from '../drain.ts';
import type { Origin } from '../../services/identity/viewer.ts';
import type { Edge } from '../edge.ts';
import { answerErrors } from '../http-answer.ts';
import { incomingOperation, type IncomingOperation } from '../http/incoming.ts';
import { malformedStatusOf, statusOf } from '../http/status.ts';
import { presentError } from '../present-error.ts';
import { isSubscription, runArguments, runOnce, runStream } from '../run-operation.ts';
import type { UnreadBytes } from '../unread-bytes.ts';
import { EventWriter } from './event-writer.ts';
import { requestLog } from '../request-log.ts';
import { whenClosed } from '../when-closed.ts';
import { cursorOf, resumableField, resumedAfter } from './resume.ts';

const maxTimeoutMs = 2 ** 31 - 1;

/** What an answer in JSON says with its status is said in the stream where the status would be 200. */
const ok = 200;

/**
 * GraphQL over server-sent events, in the protocol's "distinct connections mode": one request is one operation. An
 * event's id is its cursor, so a client goes on with the header Last-Event-ID.
 */
export class EventStreams {
  readonly #edge: Edge;
  readonly #unread: UnreadBytes;
  /** Streams of subscriptions, which a drain ends. */
  readonly #open = new Set<EventWriter>();

  constructor(edge: Edge, unread: UnreadBytes) {
    this.#edge = edge;
    this.#unread = unread;
  }

  async answer(request: IncomingMessage, response: ServerResponse, requestId: string): Promise<void> {
    const log = requestLog(this.#edge, requestId, this.#edge.clientAddress(request));
    let incoming: IncomingOperation;
    try {
      if (this.#edge.isClosing()) throw unavailable('The gateway');
      incoming = await incomingOperation(this.#edge, request);
    } catch (error) {
      const errors = present(error, log);
      return answerErrors(response, malformedStatusOf(errors), errors);
    }
    try {
      await this.#serve(incoming, request, response, log, requestId);
    } finally {
      incoming.release();
    }
  }

  async drain(spreadMs: number): Promise<void> {
    await spreadOver([...this.#open], spreadMs, (writer) => {
      writer.interrupt();
      return Promise.resolve();
    });
  }

  async #serve(
    { caller, operation }: IncomingOperation,
    request: IncomingMessage,
    response: ServerResponse,
    log: Log,
    requestId: string,
  ): Promise<void> {
    let admitted: AdmittedOperation;
    try {
      admitted = await this.#edge.admission.admit(operation, caller);
    } catch (error) {
      return this.#refuse(error, response, log);
    }
    try {
      const leave = this.#edge.sockets.take(keysOf(caller));
      whenClosed(response, leave);
      const lastEventId = request.headers['last-event-id'];
      const resumed =
        typeof lastEventId === 'string' && lastEventId !== ''
          ? resumedAfter(this.#edge.schema, admitted, lastEventId)
          : admitted;
      log.info(
        { operationName: operation.operationName?.slice(0, 100), userId: caller.viewer?.userId },
        'operation as events',
      );
      await this.#run(resumed, caller, response, log, requestId, this.#edge.originOf(request));
    } catch (error) {
      this.#refuse(error, response, log);
    } finally {
      admitted.release();
    }
  }

  /** The protocol wants problems of the document in the stream, where a browser's EventSource can read them. */
  #refuse(error: unknown, response: ServerResponse, log: Log): void {
    const errors = present(error, log);
    if (response.headersSent) return void response.destroy();
    const status = statusOf(errors, 'application/json');
    if (status !== ok) return answerErrors(response, status, errors);
    const writer = new EventWriter(response, this.#edge.limits.socket.heartbeatMs);
    void writer.next({ errors }, null);
    writer.complete();
  }

  async #run(
    admitted: AdmittedOperation,
    caller: Caller,
    response: ServerResponse,
    log: Log,
    requestId: string,
    origin: Origin,
  ): Promise<void> {
    const writer = new EventWriter(response, this.#edge.limits.socket.heartbeatMs);
    const unwatch = this.#unread.watch({
      keys: keysOf(caller),
      unreadBytes: () => writer.unreadBytes,
      cut: () => writer.cut(),
    });
    writer.onLeft(unwatch);
    const args = runArguments(this.#edge, admitted, caller, requestId, origin);
    if (!isSubscription(admitted)) {
      await writer.next(presented(await runOnce(this.#edge, args), log), null);
      return writer.complete();
    }
    this.#open.add(writer);
    writer.onLeft(() => this.#open.delete(writer));
    endWithToken(this.#edge, writer, caller, log);
    const events = await runStream(args);
    if (!(Symbol.asyncIterator in events)) {
      await writer.next(presented(events, log), null);
      return writer.complete();
    }
    writer.onLeft(() => void events.return?.());
    const field = resumableField(this.#edge.schema, admitted);
    for await (const event of events)
      await writer.next(presented(event, log), field === null ? null : cursorOf(field, event));
    writer.complete();
  }
}

const present = (error: unknown, log: Log) => refusalErrors(error).map((each) => presentError(each, log));

const presented = (result: ExecutionResult, log: Log): unknown =>
  result.errors === undefined ? result : { ...result, errors: result.errors.map((error) => presentError(error, log)) };

/** The token's end is the stream's end, and the last that the stream tells. */
function endWithToken({ authenticator }: Edge, writer: EventWriter, { viewer }: Caller, log: Log): void {
  if (viewer === null) return;
  const end = (message: string, reason: string): void => {
    const errors = present(new ScrollbackError('UNAUTHENTICATED', message, { reason }), log);
    void writer.next({ errors }, null);
    writer.complete();
  };
  writer.onLeft(authenticator.onRevoked(viewer, (message) => end(message, 'TOKEN_REVOKED')));
  if (viewer.expiresAt === null) return;
  const expiry = setTimeout(
    () => end('The token has expired; connect again with a fresh one.', 'TOKEN_EXPIRED'),
    Math.min(Math.max(0, viewer.expiresAt - Date.now()), maxTimeoutMs),
  );
  writer.onLeft(() => clearTimeout(expiry));
}
