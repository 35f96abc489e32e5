import { Arg, ID, Resolver, Subscription } from 'type-graphql';
import { SessionChange } from '../../schema/types/changes.ts';
import { subscribeWith } from './subscribed.ts';

@Resolver()
export class SessionChangedSubscription {
  @Subscription(() => SessionChange, {
    description: 'Changes of one session, or of all that the viewer may see. A new message alone is not a change.',
    ...subscribeWith<{ sessionId?: string | null }>(({ args, context }) =>
      context.watches.sessionChanges(context.viewer, args.sessionId ?? null),
    ),
  })
  sessionChanged(@Arg('sessionId', () => ID, { nullable: true }) _sessionId?: string | null): void {}
}
