import { ID, Int } from 'type-graphql';
import { Column, RowType, ToOne } from '../declarations.ts';
import { ApprovalChangeKind, MessageChangeKind, SessionChangeKind } from '../enums.ts';
import { DateTime } from '../scalars.ts';

@RowType({ description: 'An edit or the removal of a message that was announced before.' })
export class MessageChange {
  @Column(() => MessageChangeKind)
  kind!: MessageChangeKind;
  @Column(() => ID, { description: "The message's database id; it tells also of a removed one." })
  messageId!: string;
  @Column(() => Int)
  sequence!: number;
  @ToOne('Message', { by: 'messageId', description: 'As it is now; null when it was removed.' })
  message?: unknown;
  @Column(() => DateTime)
  changedAt!: Date;
}

@RowType()
export class SessionChange {
  @Column(() => SessionChangeKind)
  kind!: SessionChangeKind;
  @Column(() => ID, { description: "The session's database id." })
  sessionId!: string;
  @ToOne('Session', { by: 'sessionId', description: 'As it is now; null when it is no longer there for the viewer.' })
  session?: unknown;
  @Column(() => DateTime)
  changedAt!: Date;
}

@RowType()
export class ApprovalChange {
  @Column(() => ApprovalChangeKind)
  kind!: ApprovalChangeKind;
  @Column(() => ID, { description: "The approval's database id; it tells also of a removed one." })
  approvalId!: string;
  @ToOne('Approval', { by: 'approvalId', description: 'As it is now; null when it was removed.' })
  approval?: unknown;
  @Column(() => DateTime)
  changedAt!: Date;
}
