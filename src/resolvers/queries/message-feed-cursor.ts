import { Ctx, Query, Resolver } from 'type-graphql';
import type { OperationContext } from '../context.ts';

@Resolver()
export class MessageFeedCursorQuery {
  @Query(() => String, {
    description: `Where \`messageFeed\` stands now. Read it, then the state, then subscribe with it as \`after\`: nothing falls between.
For the audit trail \`auditLogs(first: 1) { pageInfo { startCursor } }\` is the same.`,
  })
  messageFeedCursor(@Ctx() { watches, viewer }: OperationContext): Promise<string> {
    return watches.endOfAllMessages(viewer);
  }
}
