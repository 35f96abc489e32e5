import { Arg, Resolver, Subscription } from 'type-graphql';
import { AuditLogEdge } from '../../schema/connections.ts';
import { AuditLogFilter } from '../../schema/inputs/filters.ts';
import { selectedOfEdge } from '../selection.ts';
import { subscribeWith } from './subscribed.ts';

@Resolver()
export class AuditLogAddedSubscription {
  @Subscription(() => AuditLogEdge, {
    description: 'For the auth service and SIEM exporters; `after` as in messageAdded.',
    ...subscribeWith<{ after?: string | null; filter?: Readonly<Record<string, unknown>> | null }>(
      ({ args, context, info }) =>
        context.watches.auditLogs(
          context.viewer,
          args.after ?? null,
          args.filter ?? null,
          selectedOfEdge(info, 'AuditLog'),
        ),
    ),
  })
  auditLogAdded(
    @Arg('after', () => String, { nullable: true }) _after?: string | null,
    @Arg('filter', () => AuditLogFilter, { nullable: true }) _filter?: AuditLogFilter | null,
  ): void {}
}
