import { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { raw, type Sql, sql } from '../../shared/sql.ts';
import { SessionEntity, type SessionRow } from '../../entities/agent-runtime/session.ts';
import { notFound, ScrollbackError } from '../../shared/errors.ts';
import type { Viewer } from '../identity/viewer.ts';
import { sessionVisible } from '../identity/visibility.ts';
import { isPossibleId } from '../writing/checks.ts';
import { where } from '../writing/statements.ts';

/** Sessions for writing: those that the viewer sees and that are not deleted, locked until the transaction ends. */

/** To change the session itself. */
export async function lockSession(em: EntityManager, viewer: Viewer, sessionId: string): Promise<SessionRow> {
  const session = isPossibleId(sessionId)
    ? await findLocked(em, viewer, (alias) => sql`${raw(alias)}.id = ${sessionId}`)
    : null;
  if (session === null) throw notFound('The session');
  return session;
}

/** To write what belongs to the session. */
export async function lockWritableSession(em: EntityManager, viewer: Viewer, sessionId: string): Promise<SessionRow> {
  const session = await lockSession(em, viewer, sessionId);
  checkNotArchived(session);
  return session;
}

/** The session of a message. It is locked before the message, as every writer of sessions does it. */
export async function lockSessionOfMessage(em: EntityManager, viewer: Viewer, messageId: string): Promise<SessionRow> {
  const isOfMessage = (alias: string): Sql =>
    sql`${raw(alias)}.id = (SELECT m.session_db_id FROM public.messages AS m WHERE m.id = ${messageId})`;
  const session = isPossibleId(messageId) ? await findLocked(em, viewer, isOfMessage) : null;
  if (session === null) throw notFound('The message');
  checkNotArchived(session);
  return session;
}

/** To delete the session: one that its owner deleted before is found again, so that deleting can be repeated. */
export async function lockSessionToDelete(em: EntityManager, viewer: Viewer, sessionId: string): Promise<SessionRow> {
  const asIfUndeleted = (alias: string): Sql =>
    sql`EXISTS (SELECT FROM (SELECT ${raw(alias)}.user_id, ${raw(alias)}.tenant_id, NULL::timestamptz AS deleted_at) AS v
      WHERE ${sessionVisible(viewer, 'v')})`;
  const session = isPossibleId(sessionId)
    ? await em.findOne(
        SessionEntity,
        { id: sessionId, ...where(asIfUndeleted) },
        { lockMode: LockMode.PESSIMISTIC_WRITE },
      )
    : null;
  if (session === null) throw notFound('The session');
  return session;
}

function findLocked(em: EntityManager, viewer: Viewer, isWanted: (alias: string) => Sql): Promise<SessionRow | null> {
  const condition = where(
    (alias) => sql`${isWanted(alias)} AND ${sessionVisible(viewer, alias)} AND ${raw(alias)}.deleted_at IS NULL`,
  );
  return em.findOne(SessionEntity, condition, { lockMode: LockMode.PESSIMISTIC_WRITE });
}

function checkNotArchived(session: SessionRow): void {
  if (session.archivedAt === null) return;
  throw new ScrollbackError('CONFLICT', 'The session is archived and can only be read.', {
    reason: 'SESSION_ARCHIVED',
  });
}
