import type { EntityManager } from '@mikro-orm/postgresql';
import type { InferEntity } from '@mikro-orm/core';
import { v7 as newId } from 'uuid';
import { ChatEventEntity } from '../../entities/agent-runtime/chat-event.ts';

type NewEvent = Omit<InferEntity<typeof ChatEventEntity>, 'id' | 'createdAt'>;

/** Records an event of the chat; returns its id. */
export async function insertEvent(em: EntityManager, event: NewEvent, now: Date): Promise<string> {
  const id = newId();
  await em.insert(ChatEventEntity, {
    id,
    sessionId: event.sessionId,
    userId: event.userId,
    tenantId: event.tenantId,
    eventType: event.eventType,
    eventData: event.eventData,
    createdAt: now,
  });
  return id;
}
