import { randomUUID } from 'node:crypto';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { ScrollbackError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { errors } from '../shared/metrics.ts';

/**
 * The one place where an error becomes what a client sees, on every transport. Our own errors speak for themselves,
 * errors about the document are the client's business, everything else is an incident number and nothing more.
 */
export function presentError(error: unknown, log: Log): GraphQLFormattedError {
  const presented = present(error, log);
  errors.inc({ code: String(presented.extensions?.['code']) });
  return presented;
}

function present(error: unknown, log: Log): GraphQLFormattedError {
  const cause = error instanceof GraphQLError ? (error.originalError ?? error) : error;
  const place = error instanceof GraphQLError ? placeOf(error) : {};
  if (cause instanceof ScrollbackError) {
    if (cause.code === 'UNAVAILABLE') log.warn({ error: messagesOf(cause) }, 'an operation met something unavailable');
    if (whoMayNot.has(cause.code)) log.info({ code: cause.code, ...reasonIn(cause), ...fieldOf(error) }, 'refused');
    return { message: cause.message, ...place, extensions: { ...cause.details, code: cause.code } };
  }
  if (cause instanceof GraphQLError && !(cause.originalError instanceof Error)) {
    return { message: cause.message, ...place, extensions: documentProblem(cause) };
  }
  const incidentId = randomUUID();
  log.error({ incidentId, err: cause }, 'an operation failed');
  return {
    message: 'Something went wrong on our side. Tell the operators the incidentId; they find the cause in the log.',
    ...place,
    extensions: { code: 'INTERNAL_SERVER_ERROR', incidentId },
  };
}

/** What whoever looks for attacks wants to find in the log. */
const whoMayNot: ReadonlySet<string> = new Set(['UNAUTHENTICATED', 'FORBIDDEN']);

const reasonIn = ({ details }: ScrollbackError): { reason?: unknown } =>
  details['reason'] === undefined ? {} : { reason: details['reason'] };

const fieldOf = (error: unknown): { field?: string } =>
  error instanceof GraphQLError && error.path !== undefined ? { field: error.path.join('.').slice(0, 200) } : {};

const placeOf = ({ locations, path }: GraphQLError): Pick<GraphQLFormattedError, 'locations' | 'path'> => ({
  ...(locations === undefined ? {} : { locations: locations.map(({ line, column }) => ({ line, column })) }),
  ...(path === undefined ? {} : { path }),
});

/** graphql's and Apollo's own codes, as a reason under a code of the contract. */
function documentProblem(error: GraphQLError): { code: string; reason?: unknown } {
  const reason = error.extensions['code'];
  if (reason === 'PERSISTED_QUERY_NOT_FOUND') return { code: reason };
  return reason === undefined || reason === 'BAD_USER_INPUT'
    ? { code: 'BAD_USER_INPUT' }
    : { code: 'BAD_USER_INPUT', reason };
}

function messagesOf(error: Error): string {
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}
