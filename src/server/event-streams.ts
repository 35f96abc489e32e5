import { GraphQLError, subscribe, type ExecutionArgs, type ExecutionResult } from 'graphql';

export type EventStream = AsyncIterableIterator<ExecutionResult, void>;

/**
 * The events of a subscription, or why there are none. An error of the stream is its last event: graphql-ws would
 * close the whole socket for it, and the other streams there are not at fault.
 */
export async function openEventStream(args: ExecutionArgs): Promise<EventStream | ExecutionResult> {
  const result = await subscribe(args);
  return Symbol.asyncIterator in result ? errorsAsLastResult(result) : result;
}

function errorsAsLastResult(results: AsyncGenerator<ExecutionResult, void, void>): EventStream {
  let ended = false;
  return {
    async next() {
      if (ended) return { done: true, value: undefined };
      try {
        return await results.next();
      } catch (error) {
        ended = true;
        return { done: false, value: { errors: [asGraphQLError(error)] } };
      }
    },
    return: () => results.return(),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

export const asGraphQLError = (error: unknown): GraphQLError =>
  error instanceof GraphQLError ? error : new GraphQLError('', { originalError: error as Error });
