import type { EntityManager } from '@mikro-orm/postgresql';
import { SessionEntity, type SessionRow } from '../../entities/agent-runtime/session.ts';
import { ScrollbackError } from '../../shared/errors.ts';
import type { Viewer } from '../identity/viewer.ts';
import { closeSession } from '../sessions/close-session.ts';
import { lockWritableSession } from '../sessions/locked-session.ts';
import { insertSession, type NewSession } from '../sessions/new-session.ts';
import { stateOf } from '../sessions/session-state.ts';
import { databaseNow } from '../writing/statements.ts';
import type { MessageToSend } from './message-input.ts';

/** The session that takes a message, and the moment at which it does. */
export interface Reception {
  readonly sessionId: string;
  readonly wasCreated: boolean;
  readonly now: Date;
}

const maxTitleLength = 80;

/** A session of its own for a message that names none; the first line says what it is about. */
export async function receiveInNewSession(em: EntityManager, session: NewSession): Promise<Reception> {
  const now = await databaseNow(em);
  await insertSession(em, session, now);
  return { sessionId: session.id, wasCreated: true, now };
}

/** The session that is named, or, where its lifetime is over, a new one like it. Either way it lives on from now. */
export async function receiveInSession(
  em: EntityManager,
  viewer: Viewer,
  sessionId: string,
  nextSessionId: string,
): Promise<Reception> {
  const session = await lockWritableSession(em, viewer, sessionId);
  const now = await databaseNow(em);
  const state = stateOf(session, now);
  if (state === 'CLOSED') throw closed();
  if (state === 'EXPIRED') {
    await closeSession(em, session, now);
    return receiveInNewSession(em, successorOf(session, nextSessionId));
  }
  await em.nativeUpdate(SessionEntity, { id: session.id }, { lastActivity: now });
  return { sessionId: session.id, wasCreated: false, now };
}

const successorOf = (session: SessionRow, id: string): NewSession => ({
  id,
  title: session.title,
  userId: session.userId,
  tenantId: session.tenantId,
  lifetimeSeconds: session.lifetimeSeconds,
});

export function titleOf({ content }: MessageToSend): string | null {
  const firstLine = /\S[^\r\n]*/.exec(content ?? '')?.[0].trimEnd();
  if (firstLine === undefined) return null;
  const characters = Array.from(firstLine.slice(0, 2 * maxTitleLength + 2));
  return characters.length <= maxTitleLength ? firstLine : `${characters.slice(0, maxTitleLength - 1).join('')}…`;
}

const closed = (): ScrollbackError =>
  new ScrollbackError('CONFLICT', 'The session is closed; send the message without a session to open a new one.', {
    reason: 'SESSION_CLOSED',
  });
