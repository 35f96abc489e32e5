import { Arg, ID, Resolver, Subscription } from 'type-graphql';
import { MessageChange } from '../../schema/types/changes.ts';
import { subscribeWith } from './subscribed.ts';

@Resolver()
export class MessageChangedSubscription {
  @Subscription(() => MessageChange, {
    description: 'Edits and removals of messages that were announced before.',
    ...subscribeWith<{ sessionId: string }>(({ args, context }) =>
      context.watches.messageChanges(context.viewer, args.sessionId),
    ),
  })
  messageChanged(@Arg('sessionId', () => ID) _sessionId: string): void {}
}
