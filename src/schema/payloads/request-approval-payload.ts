import { RowType, ToOne } from '../declarations.ts';

@RowType()
export class RequestApprovalPayload {
  @ToOne('Approval', { by: 'approvalId', nullable: false })
  approval!: unknown;
}
