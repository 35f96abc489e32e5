import type { IncomingMessage, ServerResponse } from 'node:http';
import { OperationTypeNode } from 'graphql';
import { badInput } from '../../shared/errors.ts';
import type { AdmittedOperation } from '../admission/admission.ts';
import type { Caller } from '../admission/caller.ts';
import { withDeadline } from '../admission/deadline.ts';
import { refusalErrors } from '../admission/refused.ts';
import type { Edge } from '../edge.ts';
import { answerErrors } from '../http-answer.ts';
import { leavingOf } from '../leaving.ts';
import { presentError } from '../present-error.ts';
import { requestLog } from '../request-log.ts';
import { sendAnswer } from '../send-answer.ts';
import { answerMutation, type Apollo } from './answer-mutation.ts';
import { answerQuery } from './answer-query.ts';
import type { HttpAnswer } from './asked.ts';
import { incomingOperation, type IncomingOperation } from './incoming.ts';
import { contentTypeFor, malformedStatusOf, statusOf } from './status.ts';

/** One operation over HTTP: admitted, executed, answered. */
export async function answerOperation(
  edge: Edge,
  apollo: Apollo,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
): Promise<void> {
  const started = performance.now();
  const contentType = contentTypeFor(request.headers.accept);
  const present = (error: unknown) =>
    refusalErrors(error).map((each) => presentError(each, requestLog(edge, requestId, edge.clientAddress(request))));
  let incoming: IncomingOperation;
  try {
    incoming = await incomingOperation(edge, request);
  } catch (error) {
    const errors = present(error);
    const status = malformedStatusOf(errors);
    if (status === 405) response.setHeader('allow', 'GET, POST');
    return answerErrors(response, status, errors, contentType);
  }
  const { caller, operation, release } = incoming;
  try {
    const admitted = await edge.admission.admit(operation, caller);
    try {
      const problem = methodProblem(request, admitted);
      if (problem !== null) {
        const errors = present(problem.error);
        if (problem.status === 405) response.setHeader('allow', 'POST');
        return answerErrors(response, problem.status ?? statusOf(errors, contentType), errors, contentType);
      }
      const isQuery = admitted.definition.operation === OperationTypeNode.QUERY;
      const origin = isQuery ? null : edge.originOf(request);
      const asked = { admitted, caller, requestId, contentType, origin, leaving: leavingOf(response) };
      const answer = isQuery ? answerQuery(edge, asked) : answerMutation(edge, apollo, asked);
      await send(request, response, await withDeadline(answer, edge.limits.operationTimeoutMs));
    } finally {
      admitted.release();
    }
  } catch (error) {
    const errors = present(error);
    answerErrors(response, statusOf(errors, contentType), errors, contentType);
  } finally {
    release();
    noteOperation(edge, requestId, operation.operationName, response.statusCode, started, caller);
  }
}

interface MethodProblem {
  readonly error: Error;
  readonly status?: number;
}

/** Operations of a kind that this transport, or this method of it, has no way for. */
function methodProblem({ method }: IncomingMessage, { definition }: AdmittedOperation): MethodProblem | null {
  if (definition.operation === OperationTypeNode.SUBSCRIPTION) {
    return {
      error: badInput(
        'Subscriptions are served over WebSocket (graphql-transport-ws) at the same address, and as server-sent events at /graphql/stream.',
      ),
    };
  }
  return definition.operation === OperationTypeNode.MUTATION && method === 'GET'
    ? { error: badInput('Mutations are sent with POST.', { reason: 'METHOD_NOT_ALLOWED' }), status: 405 }
    : null;
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, contentType, text }: HttpAnswer,
): Promise<void> {
  response.setHeader('content-type', `${contentType}; charset=utf-8`);
  response.setHeader('cache-control', 'no-store');
  response.statusCode = status;
  await sendAnswer(request, response, text);
}

function noteOperation(
  { log }: Edge,
  requestId: string,
  operationName: string | null,
  status: number,
  started: number,
  { viewer }: Caller,
): void {
  const durationMs = Math.round(performance.now() - started);
  // As the client says it; cut, because a client may say anything.
  const name = operationName?.slice(0, 100);
  log.info(
    { requestId, operationName: name, status, durationMs, userId: viewer?.userId, tenantId: viewer?.tenantId },
    'operation',
  );
}
