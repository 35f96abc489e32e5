import type { InferEntity } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as newId } from 'uuid';
import { AuditLogEntity } from '../../entities/auth/audit-log.ts';
import type { Viewer } from '../identity/viewer.ts';
import { insertIfNew } from '../writing/statements.ts';
import type { AuditedAction } from './outbox.ts';

/** Adds an entry to the audit trail, in a transaction of its own database; false when it is there already. */
export function insertAuditLog(em: EntityManager, entry: InferEntity<typeof AuditLogEntity>): Promise<boolean> {
  return insertIfNew(em, AuditLogEntity, {
    id: entry.id,
    userId: entry.userId,
    clientId: entry.clientId,
    eventType: entry.eventType,
    eventData: entry.eventData,
    ipAddress: entry.ipAddress,
    userAgent: entry.userAgent,
    success: entry.success,
    errorMessage: entry.errorMessage,
    createdAt: entry.createdAt,
  });
}

/** Records what a viewer did to the identity database, in the transaction that did it. */
export async function auditAction(em: EntityManager, viewer: Viewer, action: AuditedAction, now: Date): Promise<void> {
  await insertAuditLog(em, {
    id: newId(),
    userId: viewer.userId,
    clientId: viewer.clientId,
    eventType: action.eventType,
    eventData: action.eventData,
    ipAddress: viewer.origin?.ipAddress ?? null,
    userAgent: viewer.origin?.userAgent ?? null,
    success: true,
    errorMessage: null,
    createdAt: now,
  });
}
