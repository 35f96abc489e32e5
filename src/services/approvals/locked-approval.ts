import { LockMode, type InferEntity } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { raw, sql } from '../../shared/sql.ts';
import { PendingApprovalEntity } from '../../entities/agent-runtime/pending-approval.ts';
import { notFound, ScrollbackError } from '../../shared/errors.ts';
import type { Viewer } from '../identity/viewer.ts';
import { sessionIdVisible } from '../identity/visibility.ts';
import { isPossibleId } from '../writing/checks.ts';
import { run, where } from '../writing/statements.ts';
import { AlreadyDecided, type Decision } from './already-decided.ts';
import { approvalStatus } from './approval-source.ts';

export type ApprovalRow = InferEntity<typeof PendingApprovalEntity>;

/** A request that still waits for its decision, locked: of several who decide, one gets it and the others wait, then lose. */
export async function lockPendingApproval(em: EntityManager, viewer: Viewer, approvalId: string): Promise<ApprovalRow> {
  const approval = isPossibleId(approvalId) ? await findLocked(em, viewer, approvalId) : null;
  if (approval === null) throw notFound('The approval');
  const standing = await standingDecision(em, approvalId);
  if (standing.status === 'PENDING') return approval;
  throw standing.status === 'EXPIRED' ? expired() : new AlreadyDecided(standing);
}

function findLocked(em: EntityManager, viewer: Viewer, id: string): Promise<ApprovalRow | null> {
  const writable = where((alias) => {
    const sessionId = sql`${raw(alias)}.session_id`;
    return sql`${sessionIdVisible(viewer, sessionId)} AND NOT EXISTS (
      SELECT FROM public.sessions AS w WHERE w.id = ${sessionId} AND w.deleted_at IS NOT NULL)`;
  });
  return em.findOne(PendingApprovalEntity, { id, ...writable }, { lockMode: LockMode.PESSIMISTIC_WRITE });
}

async function standingDecision(em: EntityManager, approvalId: string): Promise<Decision> {
  const [decision] = await run<Decision>(
    em,
    sql`SELECT ${raw(approvalStatus)} AS status, p.decided_by AS "decidedById", p.decision_reason AS "decisionReason",
      to_char(p.decision_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "decidedAt"
    FROM public.pending_approvals AS p WHERE p.id = ${approvalId}`,
  );
  if (decision === undefined) throw notFound('The approval');
  return decision;
}

const expired = (): ScrollbackError =>
  new ScrollbackError('CONFLICT', 'The time to decide is over.', { reason: 'APPROVAL_EXPIRED', status: 'EXPIRED' });
