import type { ExecutionResult } from 'graphql';
import type { PlannedAnswer } from '../../read-plans/query-plan.ts';
import { OperationContext } from '../../resolvers/context.ts';
import { stringifyAnswer } from '../answer-text.ts';
import type { Edge } from '../edge.ts';
import { presentError } from '../present-error.ts';
import { requestLog } from '../request-log.ts';
import type { Asked, HttpAnswer } from './asked.ts';
import { statusOf } from './status.ts';

/** A query, read by its plan. */
export async function answerQuery(edge: Edge, asked: Asked): Promise<HttpAnswer> {
  const { admitted, caller, requestId, contentType, leaving } = asked;
  const context = new OperationContext(edge.gateway, caller.viewer, requestId, leaving);
  const result = await edge.planner.execute(admitted, context);
  const { cost } = admitted;
  if (result.errors === undefined || result.errors.length === 0)
    return { status: 200, contentType, text: stringifyAnswer({ extensions: { cost }, ...dataOf(result) }) };
  const log = requestLog(edge, requestId, caller.address);
  const errors = result.errors.map((error) => presentError(error, log));
  const status = 'data' in result ? 200 : statusOf(errors, contentType);
  return { status, contentType, text: stringifyAnswer({ errors, extensions: { cost }, ...dataOf(result) }) };
}

/** Variables that do not fit leave no data, not even null. */
const dataOf = (result: PlannedAnswer | ExecutionResult): { data?: never } =>
  'data' in result ? { data: result.data as never } : {};
