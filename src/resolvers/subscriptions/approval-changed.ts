import { Arg, ID, Resolver, Subscription } from 'type-graphql';
import { ApprovalChange } from '../../schema/types/changes.ts';
import { subscribeWith } from './subscribed.ts';

@Resolver()
export class ApprovalChangedSubscription {
  @Subscription(() => ApprovalChange, {
    description: 'Starts with the requests that are pending now, then new ones and decisions.',
    ...subscribeWith<{ sessionId?: string | null }>(({ args, context }) =>
      context.watches.approvalChanges(context.viewer, args.sessionId ?? null),
    ),
  })
  approvalChanged(@Arg('sessionId', () => ID, { nullable: true }) _sessionId?: string | null): void {}
}
