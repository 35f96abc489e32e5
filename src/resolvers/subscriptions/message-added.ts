import { Arg, ID, Resolver, Subscription } from 'type-graphql';
import { MessageEdge } from '../../schema/connections.ts';
import { selectedOfEdge } from '../selection.ts';
import { subscribeWith } from './subscribed.ts';

@Resolver()
export class MessageAddedSubscription {
  @Subscription(() => MessageEdge, {
    description: `Every message of the session after the cursor, in sequence order, each exactly once per subscription, then live.
Query \`messages { pageInfo { endCursor } }\`, subscribe with \`after: endCursor\`, and nothing falls between.
Without a cursor: only what is committed from now on. A message that was removed before it could be sent is left out, and its number stays unused.`,
    ...subscribeWith<{ sessionId: string; after?: string | null }>(({ args, context, info }) =>
      context.watches.messages(context.viewer, args.sessionId, args.after ?? null, selectedOfEdge(info, 'Message')),
    ),
  })
  messageAdded(
    @Arg('sessionId', () => ID) _sessionId: string,
    @Arg('after', () => String, { nullable: true }) _after?: string | null,
  ): void {}
}
