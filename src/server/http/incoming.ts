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
import { announcedBytes, operationRequestFrom } from './body.ts';
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
    const caller = { viewer: await viewerOf(edge.authenticator, request), address };
    await edge.admission.charge(caller, announcedBytes(request) ?? 0);
    return { caller, operation: await operationOf(edge, caller, request), release };
  } catch (error) {
    release();
    throw error;
  }
}

async function operationOf(edge: Edge, caller: Caller, request: IncomingMessage): Promise<OperationRequest> {
  const maxBytes = edge.limits.http.requestBytes;
  const meter = (before: number, now: number): Promise<void> => edge.admission.chargeMore(caller, before, now);
  const read = (): Promise<OperationRequest> => operationRequestFrom(request, { maxBytes, meter });
  // What is refused for its length needs no turn; what does not tell its length is paid for as it comes.
  const bytes = announcedBytes(request) ?? 0;
  return bytes > maxBytes ? read() : edge.largeInputs.inTurn(caller, bytes, read);
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
