import { execute, OperationTypeNode, type ExecutionArgs, type ExecutionResult } from 'graphql';
import { OperationContext } from '../resolvers/context.ts';
import type { AdmittedOperation } from './admission/admission.ts';
import { viewerFrom, type Caller } from './admission/caller.ts';
import type { Origin } from '../services/identity/viewer.ts';
import { withDeadline } from './admission/deadline.ts';
import type { Edge } from './edge.ts';
import { asGraphQLError } from './as-graphql-error.ts';
import { openEventStream, type EventStream } from './event-streams.ts';

/** An admitted operation, ready for graphql-js. */
export interface RunArguments extends ExecutionArgs {
  readonly contextValue: OperationContext;
  readonly admitted: AdmittedOperation;
}

export const runArguments = (
  { schema, gateway }: Edge,
  admitted: AdmittedOperation,
  caller: Caller,
  requestId: string,
  origin: Origin,
): RunArguments => ({
  schema,
  document: admitted.document,
  operationName: admitted.operationName,
  variableValues: admitted.variables,
  contextValue: new OperationContext(
    gateway,
    isMutation(admitted) ? viewerFrom(caller, origin) : caller.viewer,
    requestId,
  ),
  admitted,
});

const isMutation = ({ definition }: AdmittedOperation): boolean => definition.operation === OperationTypeNode.MUTATION;

export const isSubscription = ({ definition }: AdmittedOperation): boolean =>
  definition.operation === OperationTypeNode.SUBSCRIPTION;

/** A query or mutation on a transport that Apollo Server does not serve. Never fails: errors are in the result. */
export async function runOnce({ limits }: Edge, args: RunArguments): Promise<ExecutionResult> {
  const { cost, release } = args.admitted;
  try {
    const result = await withDeadline(Promise.resolve(execute(args)), limits.operationTimeoutMs);
    return { ...result, extensions: { ...result.extensions, cost } };
  } catch (error) {
    return { errors: [asGraphQLError(error)], extensions: { cost } };
  } finally {
    release();
  }
}

/** A subscription's events, one after the other as they are asked for. */
export const runStream = (args: RunArguments): Promise<EventStream | ExecutionResult> =>
  openEventStream(args, args.admitted.release);
