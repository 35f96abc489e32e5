import { badInput } from '../../shared/errors.ts';

/** What a client sends for one operation, on whatever transport. */
export interface OperationRequest {
  /** null where only the id of a document is sent. */
  readonly query: string | null;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly extensions: Readonly<Record<string, unknown>>;
  /** Of a registered document. */
  readonly documentId: string | null;
}

/** Checks the shape of a request as it came; throws BAD_USER_INPUT. */
export function operationRequestOf(body: unknown): OperationRequest {
  if (Array.isArray(body)) {
    throw badInput('Send one operation per request; several root fields fit into one operation.', {
      reason: 'BATCHING_NOT_SUPPORTED',
    });
  }
  if (!isRecord(body)) throw badInput('The body must be a JSON object with `query`, `variables` and `operationName`.');
  const request = {
    query: textOf(body, 'query') || null,
    operationName: textOf(body, 'operationName') || null,
    variables: recordOf(body, 'variables'),
    extensions: recordOf(body, 'extensions'),
    documentId: textOf(body, 'documentId') || null,
  };
  if (request.query === null && request.documentId === null && request.extensions['persistedQuery'] == null) {
    throw badInput('The request has no `query`.');
  }
  return request;
}

/** The same from the query part of a URL. */
export function operationRequestOfSearch(search: string): OperationRequest {
  const given = new URLSearchParams(search);
  const one = (name: string): string | undefined => {
    const values = given.getAll(name);
    if (values.length > 1) throw badInput(`Send \`${name}\` only once.`);
    return values[0];
  };
  return operationRequestOf({
    query: one('query'),
    operationName: one('operationName'),
    documentId: one('documentId'),
    variables: parsed('variables', one('variables')),
    extensions: parsed('extensions', one('extensions')),
  });
}

function parsed(name: string, text: string | undefined): unknown {
  if (text === undefined || text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw badInput(`\`${name}\` is not valid JSON.`);
  }
}

function textOf(body: Readonly<Record<string, unknown>>, name: string): string {
  const value = body[name] ?? '';
  if (typeof value !== 'string') throw badInput(`\`${name}\` must be a string.`);
  return value;
}

function recordOf(body: Readonly<Record<string, unknown>>, name: string): Readonly<Record<string, unknown>> {
  const value = body[name] ?? {};
  if (!isRecord(value)) throw badInput(`\`${name}\` must be an object.`);
  return value;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
