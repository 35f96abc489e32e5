import type { GraphQLResolveInfo } from 'graphql';
import type { OperationContext } from '../context.ts';

/** What type-graphql hands to `subscribe`; the arguments are checked by graphql and their ids decoded by the guard. */
export interface Subscribed<Arguments> {
  readonly args: Arguments;
  readonly context: OperationContext;
  readonly info: GraphQLResolveInfo;
}

/** Makes type-graphql's option of a stream of ours; what is streamed is resolved as it is. */
export function subscribeWith<Arguments>(
  watch: (subscribed: Subscribed<Arguments>) => Promise<AsyncIterable<unknown>>,
): { subscribe: never } {
  return { subscribe: watch as never };
}
