import type { IncomingMessage, ServerResponse } from 'node:http';
import { HeaderMap, type ApolloServer, type HTTPGraphQLResponse } from '@apollo/server';
import { OperationTypeNode } from 'graphql';
import { OperationContext } from '../../resolvers/context.ts';
import { badInput } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { AdmittedOperation } from '../admission/admission.ts';
import type { Caller } from '../admission/caller.ts';
import { withDeadline } from '../admission/deadline.ts';
import { refusalErrors } from '../admission/refused.ts';
import { currentOperation } from '../current-operation.ts';
import type { Edge } from '../edge.ts';
import { answerErrors } from '../http-answer.ts';
import { leaving } from '../leaving.ts';
import { presentError } from '../present-error.ts';
import { sendAnswer } from '../send-answer.ts';
import { incomingOperation, type IncomingOperation } from './incoming.ts';
import { contentTypeFor, malformedStatusOf, statusOf } from './status.ts';

export type Apollo = ApolloServer<OperationContext>;

/** One operation over HTTP: admitted here, executed and answered by Apollo Server. */
export async function answerOperation(
  edge: Edge,
  apollo: Apollo,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
): Promise<void> {
  const log = edge.log.child({ requestId });
  const started = performance.now();
  const contentType = contentTypeFor(request.headers.accept);
  const present = (error: unknown) => refusalErrors(error).map((each) => presentError(each, log));
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
        return answerErrors(response, problem.status ?? statusOf(errors, contentType), errors, contentType);
      }
      const run = currentOperation.run({ log, admitted }, () =>
        execute(edge, apollo, request, admitted, caller, { requestId, signal: leaving(response) }),
      );
      await send(request, response, await withDeadline(run, edge.limits.operationTimeoutMs));
    } finally {
      admitted.release();
    }
  } catch (error) {
    const errors = present(error);
    answerErrors(response, statusOf(errors, contentType), errors, contentType);
  } finally {
    release();
    noteOperation(log, operation.operationName, response.statusCode, started, caller);
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

/** Apollo Server hashes what it is given to look it up, and finds the admitted document whatever the hash. */
const anyDocument = '{ __typename }';

async function execute(
  edge: Edge,
  apollo: Apollo,
  request: IncomingMessage,
  { operationName, variables }: AdmittedOperation,
  { viewer }: Caller,
  { requestId, signal }: { requestId: string; signal: AbortSignal },
): Promise<HTTPGraphQLResponse> {
  const headers = new HeaderMap([
    ['accept', request.headers.accept ?? '*/*'],
    ['content-type', 'application/json'],
  ]);
  const body = { query: anyDocument, operationName, variables };
  const httpGraphQLRequest = { method: 'POST', headers, search: '', body };
  const context = (): Promise<OperationContext> =>
    Promise.resolve(new OperationContext(edge.gateway, viewer, requestId, signal));
  return apollo.executeHTTPGraphQLRequest({ httpGraphQLRequest, context });
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status = 200, headers, body }: HTTPGraphQLResponse,
): Promise<void> {
  if (body.kind !== 'complete') throw new Error('Incremental delivery is not served.');
  for (const [name, value] of headers) response.setHeader(name, value);
  response.setHeader('cache-control', 'no-store');
  // Variables that do not fit are said with 400, which is for the newer type of answer.
  const isOldType = (headers.get('content-type') ?? '').startsWith('application/json');
  response.statusCode = status === 400 && isOldType ? 200 : status;
  return sendAnswer(request, response, body.string);
}

function noteOperation(
  log: Log,
  operationName: string | null,
  status: number,
  started: number,
  { viewer }: Caller,
): void {
  const durationMs = Math.round(performance.now() - started);
  // As the client says it; cut, because a client may say anything.
  const name = operationName?.slice(0, 100);
  log.info(
    { operationName: name, status, durationMs, userId: viewer?.userId, tenantId: viewer?.tenantId },
    'operation',
  );
}
