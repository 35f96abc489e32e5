import type { EntityManager } from '@mikro-orm/postgresql';
import type { SessionRow } from '../../entities/agent-runtime/session.ts';
import { insertEvent } from '../events/insert-event.ts';
import { stateOf } from './session-state.ts';

/** Closes a locked session that is open; one whose lifetime is over is closed as expired. */
export async function closeSession(em: EntityManager, session: SessionRow, now: Date): Promise<void> {
  if (!isOpen(session)) return;
  const expired = stateOf(session, now) === 'EXPIRED';
  session.isActive = false;
  session.closedAt = now;
  if (expired) await insertEvent(em, timeoutOf(session), now);
}

export async function closeIfExpired(em: EntityManager, session: SessionRow, now: Date): Promise<void> {
  if (stateOf(session, now) === 'EXPIRED') await closeSession(em, session, now);
}

const isOpen = (session: SessionRow): boolean => session.isActive && session.closedAt === null;

const timeoutOf = (session: SessionRow): Parameters<typeof insertEvent>[1] => ({
  sessionId: session.id,
  userId: session.userId,
  tenantId: session.tenantId,
  eventType: 'session_timeout',
  eventData: { lifetimeSeconds: session.lifetimeSeconds, lastActivityAt: session.lastActivity.toISOString() },
});
