import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Authenticator } from '../../services/identity/authenticator.ts';
import type { Viewer } from '../../services/identity/viewer.ts';
import { badInput } from '../../shared/errors.ts';
import type { Caller } from '../admission/caller.ts';
import type { OperationRequest } from '../admission/operation-request.ts';
import { rateLimited } from '../admission/refused.ts';
import type { Release } from '../admission/seats.ts';
import type { Edge } from '../edge.ts';
import { operationRequestFrom } from './body.ts';
import { csrfProblem } from './csrf.ts';

/** An HTTP request that carries an operation, and who sent it. */
export interface IncomingOperation {
  readonly caller: Caller;
  readonly operation: OperationRequest;
  /** To be called when the answer has ended. */
  readonly release: Release;
}

/** What is asked of a request before its document is looked at; throws what is wrong. */
export async function incomingOperation(edge: Edge, request: IncomingMessage): Promise<IncomingOperation> {
  const address = edge.clientAddress(request);
  await edge.admission.enter(address);
  if (request.method !== 'GET' && request.method !== 'POST')
    throw badInput('Send operations with POST or GET.', { reason: 'METHOD_NOT_ALLOWED' });
  const problem = csrfProblem(request);
  if (problem !== null) throw problem;
  const release = takeConnection(request.socket, edge.limits.operations.socket);
  try {
    const viewer = await viewerOf(edge.authenticator, request);
    await edge.admission.charge({ viewer, address }, Number(request.headers['content-length'] ?? 0));
    const operation = await operationRequestFrom(request, edge.limits.http.requestBytes);
    return { caller: { viewer, address }, operation, release };
  } catch (error) {
    release();
    throw error;
  }
}

/** null without credentials. Cookies are not looked at: a browser would send them for any page that asks it to. */
async function viewerOf(authenticator: Authenticator, { headers }: IncomingMessage): Promise<Viewer | null> {
  const { authorization, 'x-internal-auth': internalKey } = headers;
  return authenticator.authenticate({
    ...(authorization === undefined ? {} : { authorization }),
    ...(internalKey === undefined ? {} : { internalKey: String(internalKey) }),
  });
}

const running = new WeakMap<Socket, number>();

/** Requests may be pipelined, and all of them would run at once. */
function takeConnection(socket: Socket, maximum: number): Release {
  const count = running.get(socket) ?? 0;
  if (count >= maximum) {
    const message = `There are at most ${maximum} operations at the same time on one connection; wait for answers.`;
    throw rateLimited('MAX_OPERATIONS_PER_SOCKET', maximum, message);
  }
  running.set(socket, count + 1);
  return () => running.set(socket, (running.get(socket) ?? 1) - 1);
}
