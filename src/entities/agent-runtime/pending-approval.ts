import { defineEntity, p } from '@mikro-orm/core';
import { Moment } from '../moment.ts';

/** A request to a human. `expiresAt`, `decidedBy`, `modifiedArguments` and `clientRequestId` are our columns. */
export const PendingApprovalEntity = defineEntity({
  name: 'PendingApproval',
  tableName: 'pending_approvals',
  properties: {
    id: p.string().primary(),
    requestId: p.string(),
    requestType: p.string(),
    subject: p.string().nullable(),
    details: p.json().nullable(),
    callId: p.string().nullable(),
    sessionId: p.string(),
    toolName: p.string().nullable(),
    arguments: p.json().nullable(),
    reason: p.text().nullable(),
    createdAt: p.type(Moment),
    status: p.string(),
    decisionAt: p.type(Moment).nullable(),
    decisionReason: p.text().nullable(),
    expiresAt: p.type(Moment).nullable(),
    decidedBy: p.string().nullable(),
    modifiedArguments: p.json().nullable(),
    /** What the client calls the request, where another one has that name as its `requestId`. */
    clientRequestId: p.string().nullable(),
  },
});
