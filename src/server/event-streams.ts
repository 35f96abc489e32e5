import { subscribe, type ExecutionArgs, type ExecutionResult } from 'graphql';
import { asGraphQLError } from './as-graphql-error.ts';

export type EventStream = AsyncIterableIterator<ExecutionResult, void>;

/**
 * The events of a subscription, or why there are none. An error of the stream is its last event: graphql-ws would
 * close the whole socket for it, and the other streams there are not at fault. `ended` is called once.
 */
export async function openEventStream(args: ExecutionArgs, ended: () => void): Promise<EventStream | ExecutionResult> {
  try {
    const result = await subscribe(args);
    if (Symbol.asyncIterator in result) return eventStream(result, ended);
    ended();
    return result;
  } catch (error) {
    ended();
    throw error;
  }
}

function eventStream(results: AsyncGenerator<ExecutionResult, void, void>, ended: () => void): EventStream {
  let failed = false;
  const last = (): { done: true; value: undefined } => {
    ended();
    return { done: true, value: undefined };
  };
  return {
    async next() {
      if (failed) return last();
      try {
        const result = await results.next();
        return result.done === true ? last() : result;
      } catch (error) {
        failed = true;
        return { done: false, value: { errors: [asGraphQLError(error)] } };
      }
    },
    async return() {
      await results.return();
      return last();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
