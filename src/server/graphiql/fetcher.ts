/** What this file needs of graphql-ws's client, which the page brings along. */
export interface LiveClient {
  subscribe(operation: Operation, sink: LiveSink): () => void;
}
export interface LiveSink {
  next(result: unknown): void;
  error(error: unknown): void;
  complete(): void;
}
export interface Operation {
  query: string;
  operationName?: string | null;
  variables?: Record<string, unknown> | null;
}
export interface FetcherOptions {
  headers?: Record<string, string>;
  documentAST?: { definitions: readonly { kind: string; operation?: string; name?: { value: string } }[] };
}
export interface LiveResult {
  subscribe(sink: LiveSink): { unsubscribe(): void };
}
export type Fetcher = (operation: Operation, options?: FetcherOptions) => Promise<unknown> | LiveResult;

/**
 * How GraphiQL reaches us: requests by POST, subscriptions by a websocket whose `connection_init` carries the header
 * editor's headers, since a browser cannot set headers on a websocket. Each subscription opens a socket of its own, so
 * that a token changed in the editor counts from the next run on.
 *
 * The function runs in the browser: its source text is put into the page, so it may use nothing from outside itself.
 */
export function createFetcher(endpoint: string, connect: (headers: Record<string, string>) => LiveClient): Fetcher {
  const isSubscription = (operation: Operation, document: FetcherOptions['documentAST']): boolean => {
    const operations = (document?.definitions ?? []).filter((each) => each.kind === 'OperationDefinition');
    const named = operations.find((each) => each.name?.value === operation.operationName);
    return (named ?? operations[0])?.operation === 'subscription';
  };
  const post = async (operation: Operation, headers: Record<string, string>): Promise<unknown> => {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
      body: JSON.stringify(operation),
    });
    return response.json();
  };
  /** A closed socket says why in its code and reason, which a browser's event does not print. */
  const readable = (error: unknown): unknown => {
    const { code, reason } = error as { code?: number; reason?: string };
    return code === undefined ? error : new Error(`The connection was closed: ${code} ${reason ?? ''}`.trim());
  };
  const listen = (operation: Operation, headers: Record<string, string>): LiveResult => ({
    subscribe: (sink) => {
      const error = (problem: unknown): void => sink.error(readable(problem));
      const stop = connect(headers).subscribe(operation, {
        next: (result) => sink.next(result),
        error,
        complete: () => sink.complete(),
      });
      return { unsubscribe: stop };
    },
  });
  return (operation, { headers = {}, documentAST } = {}) =>
    isSubscription(operation, documentAST) ? listen(operation, headers) : post(operation, headers);
}
