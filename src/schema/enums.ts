import { registerEnumType } from 'type-graphql';

export enum SessionStatus {
  ACTIVE = 'ACTIVE',
  CLOSED = 'CLOSED',
  ARCHIVED = 'ARCHIVED',
  DELETED = 'DELETED',
}
registerEnumType(SessionStatus, { name: 'SessionStatus' });

export enum MessageRole {
  USER = 'USER',
  ASSISTANT = 'ASSISTANT',
  SYSTEM = 'SYSTEM',
  TOOL = 'TOOL',
}
registerEnumType(MessageRole, { name: 'MessageRole' });

export enum ApprovalStatus {
  PENDING = 'PENDING',
  APPROVED = 'APPROVED',
  REJECTED = 'REJECTED',
  EXPIRED = 'EXPIRED',
  CANCELLED = 'CANCELLED',
}
registerEnumType(ApprovalStatus, { name: 'ApprovalStatus' });

export enum ApprovalDecision {
  APPROVE = 'APPROVE',
  EDIT = 'EDIT',
  REJECT = 'REJECT',
}
registerEnumType(ApprovalDecision, { name: 'ApprovalDecision' });

export enum OrderDirection {
  ASC = 'ASC',
  DESC = 'DESC',
}
registerEnumType(OrderDirection, { name: 'OrderDirection' });

export enum SessionOrderField {
  LAST_ACTIVITY = 'lastActivity',
  CREATED_AT = 'createdAt',
  TITLE = 'title',
}
registerEnumType(SessionOrderField, { name: 'SessionOrderField' });

export enum MessageChangeKind {
  EDITED = 'EDITED',
  REMOVED = 'REMOVED',
  RESTORED = 'RESTORED',
}
registerEnumType(MessageChangeKind, {
  name: 'MessageChangeKind',
  valuesConfig: { RESTORED: { description: 'A removed message is there again, under its old number.' } },
});

export enum SessionChangeKind {
  CREATED = 'CREATED',
  CHANGED = 'CHANGED',
  AGENT_SWITCHED = 'AGENT_SWITCHED',
  REMOVED = 'REMOVED',
}
registerEnumType(SessionChangeKind, { name: 'SessionChangeKind' });

export enum ApprovalChangeKind {
  REQUESTED = 'REQUESTED',
  CHANGED = 'CHANGED',
  REMOVED = 'REMOVED',
}
registerEnumType(ApprovalChangeKind, {
  name: 'ApprovalChangeKind',
  valuesConfig: {
    REQUESTED: { description: 'Also said of the requests that are pending when the subscription starts.' },
    CHANGED: { description: 'Decided, cancelled or expired: see the status.' },
  },
});
