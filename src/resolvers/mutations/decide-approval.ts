import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { DecideApprovalInput } from '../../schema/inputs/decide-approval-input.ts';
import { DecideApprovalPayload } from '../../schema/payloads/decide-approval-payload.ts';
import type { ApprovalWritten } from '../../services/approvals/approval-service.ts';
import type { OperationContext } from '../context.ts';

@Resolver()
export class DecideApproval {
  @Mutation(() => DecideApprovalPayload, {
    description: 'Exactly one decision wins; the loser gets CONFLICT and the decision that stands.',
  })
  decideApproval(
    @Arg('input', () => DecideApprovalInput) input: DecideApprovalInput,
    @Ctx() context: OperationContext,
  ): Promise<ApprovalWritten> {
    return context.services.approvals.decide(context.viewer, input);
  }
}
