import type { GraphQLResolveInfo } from 'graphql';
import { Watch } from '../../services/live/watch.ts';
import type { OperationContext } from '../context.ts';

/** What type-graphql hands to `subscribe`; the arguments are checked by graphql and their ids decoded by the guard. */
export interface Subscribed<Arguments> {
  readonly args: Arguments;
  readonly context: OperationContext;
  readonly info: GraphQLResolveInfo;
}

/** Makes type-graphql's option of a stream of ours; what is streamed is resolved as it is. */
export function subscribeWith<Arguments>(watch: (subscribed: Subscribed<Arguments>) => Promise<Watch>): {
  subscribe: never;
} {
  return { subscribe: watch as never };
}

/** The stream that a subscription's field has opened. */
export function watchOf(stream: AsyncIterable<unknown>): Watch {
  if (stream instanceof Watch) return stream as Watch;
  throw new Error('A subscription does not follow a log.');
}
