import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as newId } from 'uuid';
import { OutboxEntryEntity } from '../../entities/agent-runtime/outbox-entry.ts';
import type { Viewer } from '../identity/viewer.ts';

/** Something that a viewer did and that belongs into the audit trail. */
export interface AuditedAction {
  readonly eventType: string;
  readonly eventData: Readonly<Record<string, unknown>>;
}

/** Leaves an entry for the audit trail in the transaction of the change that it tells of; the relay takes it over. */
export async function enqueueAuditLog(
  em: EntityManager,
  viewer: Viewer,
  action: AuditedAction,
  now: Date,
): Promise<void> {
  const id = newId();
  const entry = {
    id,
    userId: viewer.userId,
    clientId: viewer.clientId,
    eventType: action.eventType,
    eventData: action.eventData,
    ipAddress: viewer.origin?.ipAddress ?? null,
    userAgent: viewer.origin?.userAgent ?? null,
    success: true,
    createdAt: now.toISOString(),
  };
  await em.insert(OutboxEntryEntity, { id, entry, createdAt: now });
}
