import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as newId } from 'uuid';
import type { Database } from '../../databases/database.ts';
import { PendingApprovalEntity } from '../../entities/agent-runtime/pending-approval.ts';
import { badInput } from '../../shared/errors.ts';
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
import { AlreadyDecided } from './already-decided.ts';
import { lockPendingApproval, type ApprovalRow } from './locked-approval.ts';

export interface ApprovalWritten {
  readonly approvalId: string;
}

/** Requests to a human, and their decisions. */
export class ApprovalService {
  readonly #write: Write;
  readonly #auth: Database;

  constructor(write: Write, auth: Database) {
    this.#write = write;
    this.#auth = auth;
  }

  async request(viewer: Viewer, input: ApprovalToRequest): Promise<ApprovalWritten> {
    checkRequest(input);
    return this.#write(async (em) => {
      const session = await lockWritableSession(em, viewer, input.sessionId);
      const earlier = input.requestId == null ? null : await earlierRequest(em, session.id, input.requestId);
      if (earlier !== null) return { approvalId: earlier.id };
      return { approvalId: await insertRequest(em, newApproval(session.id, input, await databaseNow(em))) };
    });
  }

  async decide(viewer: Viewer, input: DecisionToMake): Promise<ApprovalWritten> {
    checkDecision(input);
    return this.#settling(viewer, async (em) => {
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
    return this.#settling(viewer, async (em) => {
      const approval = await lockPendingApproval(em, viewer, input.approvalId);
      approval.status = 'cancelled';
      await settle(em, viewer, approval, { eventType: 'approval_cancelled', decision: 'CANCEL', reason: input.reason });
      return { approvalId: approval.id };
    });
  }

  /** Who comes too late is told who decided, where that is somebody they may know of. */
  async #settling<Result>(viewer: Viewer, work: (em: EntityManager) => Promise<Result>): Promise<Result> {
    try {
      return await this.#write(work);
    } catch (error) {
      throw error instanceof AlreadyDecided ? await error.asSeenBy(viewer, this.#auth) : error;
    }
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
    clientRequestId: null,
  };
}

/** The request that the session has under this name. Its row is locked, so there cannot be a second one meanwhile. */
function earlierRequest(em: EntityManager, sessionId: string, requestId: string): Promise<ApprovalRow | null> {
  const named = { $or: [{ clientRequestId: requestId }, { clientRequestId: null, requestId }] };
  return em.findOne(PendingApprovalEntity, { sessionId, ...named });
}

/** A name that is taken in another session is nobody's business here: the row gets one of its own. */
async function insertRequest(em: EntityManager, approval: ApprovalRow): Promise<string> {
  if (await insertIfNew(em, PendingApprovalEntity, approval)) return approval.id;
  const renamed = { ...approval, requestId: newId(), clientRequestId: approval.requestId };
  if (!(await insertIfNew(em, PendingApprovalEntity, renamed)))
    throw new Error('An approval with a new id is there already.');
  return renamed.id;
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
  const { id: approvalId, sessionId, requestType } = approval;
  const requestId = approval.clientRequestId ?? approval.requestId;
  const eventData = { approvalId, requestId, sessionId, requestType, decision: settlement.decision };
  await enqueueAuditLog(em, viewer, { eventType: settlement.eventType, eventData }, now);
}
