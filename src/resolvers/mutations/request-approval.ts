import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { RequestApprovalInput } from '../../schema/inputs/request-approval-input.ts';
import { RequestApprovalPayload } from '../../schema/payloads/request-approval-payload.ts';
import type { ApprovalWritten } from '../../services/approvals/approval-service.ts';
import type { OperationContext } from '../context.ts';

@Resolver()
export class RequestApproval {
  @Mutation(() => RequestApprovalPayload)
  requestApproval(
    @Arg('input', () => RequestApprovalInput) input: RequestApprovalInput,
    @Ctx() context: OperationContext,
  ): Promise<ApprovalWritten> {
    return context.services.approvals.request(context.viewer, input);
  }
}
