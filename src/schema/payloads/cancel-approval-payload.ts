import { RowType, ToOne } from '../declarations.ts';

@RowType()
export class CancelApprovalPayload {
  @ToOne('Approval', { by: 'approvalId', nullable: false })
  approval!: unknown;
}
