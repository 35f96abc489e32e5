import { RowType, ToOne } from '../declarations.ts';

@RowType()
export class DecideApprovalPayload {
  @ToOne('Approval', { by: 'approvalId', nullable: false })
  approval!: unknown;
}
