import { Arg, Resolver, Subscription } from 'type-graphql';
import { MessageEdge } from '../../schema/connections.ts';
import { MessageSearchFilter } from '../../schema/inputs/filters.ts';
import { selectedOfEdge } from '../selection.ts';
import { subscribeWith } from './subscribed.ts';

@Resolver()
export class MessageFeedSubscription {
  @Subscription(() => MessageEdge, {
    description: `The same across all sessions that the viewer may read (sidebar, exporters), in the order of commits.
\`after\` takes the cursor of any message.`,
    ...subscribeWith<{ after?: string | null; filter?: Readonly<Record<string, unknown>> | null }>(
      ({ args, context, info }) =>
        context.watches.allMessages(
          context.viewer,
          args.after ?? null,
          args.filter ?? null,
          selectedOfEdge(info, 'Message'),
        ),
    ),
  })
  messageFeed(
    @Arg('after', () => String, { nullable: true }) _after?: string | null,
    @Arg('filter', () => MessageSearchFilter, { nullable: true }) _filter?: MessageSearchFilter | null,
  ): void {}
}
