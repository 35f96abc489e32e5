import { Column, SourceType, ToOne } from '../declarations.ts';
import { ApprovalStatus } from '../enums.ts';
import { DateTime, JSONValue } from '../scalars.ts';

@SourceType('approvals', 'A request that waits for a human: a tool call, a plan …')
export class Approval {
  id!: string;
  @Column(() => String)
  requestId!: string;
  @ToOne('Session', { by: 'sessionId' })
  session?: unknown;
  @Column(() => String)
  requestType!: string;
  @Column(() => String, { nullable: true })
  subject?: string | null;
  @Column(() => JSONValue, { nullable: true })
  details?: unknown;
  @Column(() => JSONValue, { nullable: true })
  arguments?: unknown;
  @Column(() => String, { nullable: true })
  reason?: string | null;
  @Column(() => ApprovalStatus)
  status!: ApprovalStatus;
  @Column(() => DateTime)
  createdAt!: Date;
  @Column(() => DateTime, { nullable: true })
  expiresAt?: Date | null;
  @Column(() => DateTime, { nullable: true })
  decidedAt?: Date | null;
  @ToOne('User', { by: 'decidedById' })
  decidedBy?: unknown;
  @Column(() => String, { nullable: true })
  decisionReason?: string | null;
  @Column(() => JSONValue, { nullable: true })
  modifiedArguments?: unknown;
}
