import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { CancelApprovalInput } from '../../schema/inputs/cancel-approval-input.ts';
import { CancelApprovalPayload } from '../../schema/payloads/cancel-approval-payload.ts';
import type { ApprovalWritten } from '../../services/approvals/approval-service.ts';
import type { OperationContext } from '../context.ts';

@Resolver()
export class CancelApproval {
  @Mutation(() => CancelApprovalPayload, { description: 'Takes a request back that nobody has decided yet.' })
  cancelApproval(
    @Arg('input', () => CancelApprovalInput) input: CancelApprovalInput,
    @Ctx() context: OperationContext,
  ): Promise<ApprovalWritten> {
    return context.services.approvals.cancel(context.viewer, input);
  }
}
