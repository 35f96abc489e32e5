import type { EntityManager } from '@mikro-orm/postgresql';
import { SessionEntity, type SessionRow } from '../../entities/agent-runtime/session.ts';
import { insertIfNew } from '../writing/statements.ts';

export type NewSession = Pick<SessionRow, 'id' | 'title' | 'userId' | 'tenantId' | 'lifetimeSeconds'> &
  Partial<Pick<SessionRow, 'description' | 'metadata'>>;

/** Inserts an open session; false when there is one with this id. */
export function insertSession(em: EntityManager, session: NewSession, now: Date): Promise<boolean> {
  return insertIfNew(em, SessionEntity, {
    id: session.id,
    title: session.title,
    description: session.description ?? null,
    createdAt: now,
    lastActivity: now,
    isActive: true,
    deletedAt: null,
    userId: session.userId,
    tenantId: session.tenantId,
    metadata: session.metadata ?? {},
    lifetimeSeconds: session.lifetimeSeconds,
    closedAt: null,
    archivedAt: null,
  });
}
