import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as newId } from 'uuid';
import { PendingApprovalEntity } from '../../entities/agent-runtime/pending-approval.ts';
import { badInput, ScrollbackError } from '../../shared/errors.ts';
import { enqueueAuditLog } from '../audit/outbox.ts';
import type { Viewer } from '../identity/viewer.ts';
import { lockWritableSession } from '../sessions/locked-session.ts';
import { checkText } from '../writing/checks.ts';
import { databaseNow, insertIfNew } from '../writing/statements.ts';
import type { Write } from '../writing/write.ts';
import {
  checkDecision,
  checkRequest,
  defaultRequestType,
  type ApprovalToCancel,
  type ApprovalToRequest,
  type DecisionToMake,
} from './approval-input.ts';
import { lockPendingApproval, type ApprovalRow } from './locked-approval.ts';

export interface ApprovalWritten {
  readonly approvalId: string;
}

/** Requests to a human, and their decisions. */
export class ApprovalService {
  readonly #write: Write;

  constructor(write: Write) {
    this.#write = write;
  }

  async request(viewer: Viewer, input: ApprovalToRequest): Promise<ApprovalWritten> {
    checkRequest(input);
    return this.#write(async (em) => {
      const session = await lockWritableSession(em, viewer, input.sessionId);
      const approval = newApproval(session.id, input, await databaseNow(em));
      if (await insertIfNew(em, PendingApprovalEntity, approval)) return { approvalId: approval.id };
      return { approvalId: await earlierRequest(em, session.id, approval.requestId) };
    });
  }

  async decide(viewer: Viewer, input: DecisionToMake): Promise<ApprovalWritten> {
    checkDecision(input);
    return this.#write(async (em) => {
      const approval = await lockPendingApproval(em, viewer, input.approvalId);
      approval.status = input.decision === 'REJECT' ? 'rejected' : 'approved';
      if (input.decision === 'EDIT') approval.modifiedArguments = input.modifiedArguments;
      await settle(em, viewer, approval, {
        eventType: 'approval_decided',
        decision: input.decision,
        reason: input.reason,
      });
      return { approvalId: approval.id };
    });
  }

  async cancel(viewer: Viewer, input: ApprovalToCancel): Promise<ApprovalWritten> {
    checkText('reason', input.reason);
    return this.#write(async (em) => {
      const approval = await lockPendingApproval(em, viewer, input.approvalId);
      approval.status = 'cancelled';
      await settle(em, viewer, approval, { eventType: 'approval_cancelled', decision: 'CANCEL', reason: input.reason });
      return { approvalId: approval.id };
    });
  }
}

function newApproval(sessionId: string, input: ApprovalToRequest, now: Date): ApprovalRow {
  if (input.expiresAt != null && input.expiresAt <= now) {
    throw badInput('`expiresAt` must be in the future.', { argument: 'expiresAt' });
  }
  return {
    id: newId(),
    requestId: input.requestId ?? newId(),
    requestType: input.requestType ?? defaultRequestType,
    subject: input.subject ?? null,
    details: input.details ?? null,
    callId: input.toolCallId ?? null,
    sessionId,
    toolName: input.toolName ?? null,
    arguments: input.arguments ?? null,
    reason: input.reason ?? null,
    createdAt: now,
    status: 'pending',
    decisionAt: null,
    decisionReason: null,
    expiresAt: input.expiresAt ?? null,
    decidedBy: null,
    modifiedArguments: null,
  };
}

async function earlierRequest(em: EntityManager, sessionId: string, requestId: string): Promise<string> {
  const earlier = await em.findOne(PendingApprovalEntity, { requestId, sessionId });
  if (earlier !== null) return earlier.id;
  throw new ScrollbackError('CONFLICT', 'This `requestId` was used in another session; choose another one, or none.', {
    reason: 'REQUEST_ID_REUSED',
  });
}

interface Settlement {
  readonly eventType: string;
  readonly decision: string;
  readonly reason: string | null | undefined;
}

async function settle(em: EntityManager, viewer: Viewer, approval: ApprovalRow, settlement: Settlement): Promise<void> {
  const now = await databaseNow(em);
  approval.decisionAt = now;
  approval.decisionReason = settlement.reason ?? null;
  approval.decidedBy = viewer.userId;
  const { id: approvalId, requestId, sessionId, requestType } = approval;
  const eventData = { approvalId, requestId, sessionId, requestType, decision: settlement.decision };
  await enqueueAuditLog(em, viewer, { eventType: settlement.eventType, eventData }, now);
}
