import type { SessionRow } from '../../entities/agent-runtime/session.ts';

type SessionState = 'ACTIVE' | 'EXPIRED' | 'CLOSED' | 'ARCHIVED';

/**
 * Expired is a session whose lifetime ended while it was open, whoever wrote that down and when; a message into it
 * opens the next one. Closed is one that somebody closed.
 */
export function stateOf(session: SessionRow, now: Date): SessionState {
  if (session.archivedAt !== null) return 'ARCHIVED';
  if (endedBy(session, session.closedAt ?? (session.isActive ? now : null))) return 'EXPIRED';
  return session.isActive && session.closedAt === null ? 'ACTIVE' : 'CLOSED';
}

function endedBy(session: SessionRow, moment: Date | null): boolean {
  if (session.lifetimeSeconds == null || moment === null) return false;
  return session.lastActivity.getTime() + session.lifetimeSeconds * 1000 <= moment.getTime();
}
