import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as newId } from 'uuid';
import type { Database } from '../../databases/database.ts';
import type { SessionRow } from '../../entities/agent-runtime/session.ts';
import { ScrollbackError } from '../../shared/errors.ts';
import { enqueueAuditLog } from '../audit/outbox.ts';
import type { Viewer } from '../identity/viewer.ts';
import { sql } from '../../shared/sql.ts';
import { databaseNow, run } from '../writing/statements.ts';
import type { Write } from '../writing/write.ts';
import { closeIfExpired, closeSession } from './close-session.ts';
import { lockSession, lockSessionToDelete, lockWritableSession } from './locked-session.ts';
import { insertSession } from './new-session.ts';
import { checkNewSession, checkSession, type SessionChanges, type SessionToCreate } from './session-input.ts';
import { ownershipOfGiven, ownershipOfNew, type Ownership } from './session-ownership.ts';

export interface SessionWritten {
  readonly sessionId: string;
}

export interface SessionDeleted {
  readonly deletedSessionId: string;
}

/** The life of sessions: opened, described, handed over, closed, archived, deleted. */
export class SessionService {
  readonly #write: Write;
  readonly #auth: Database;
  readonly #lifetimeSeconds: number | null;

  constructor(write: Write, auth: Database, lifetimeSeconds: number | null) {
    this.#write = write;
    this.#auth = auth;
    this.#lifetimeSeconds = lifetimeSeconds;
  }

  async create(viewer: Viewer, input: SessionToCreate): Promise<SessionWritten> {
    checkNewSession(viewer, input);
    const ownership = await ownershipOfNew(this.#auth, viewer, input);
    const session = {
      ...ownership,
      id: input.id ?? newId(),
      title: input.title ?? null,
      description: input.description ?? null,
      metadata: input.metadata ?? {},
      lifetimeSeconds: input.lifetimeSeconds ?? this.#lifetimeSeconds,
    };
    return this.#write(async (em) => {
      if (input.id != null && (await hasHistory(em, input.id))) throw idTaken();
      if (!(await insertSession(em, session, await databaseNow(em)))) throw idTaken();
      return { sessionId: session.id };
    });
  }

  async update(viewer: Viewer, input: SessionChanges): Promise<SessionWritten> {
    checkSession(input);
    const ownership = await ownershipOfGiven(this.#auth, viewer, input);
    return this.#write(async (em) => {
      const session = await lockWritableSession(em, viewer, input.sessionId);
      // What another lifetime means for a session must not depend on whether somebody has written down that it is over.
      if (input.lifetimeSeconds !== undefined) await closeIfExpired(em, session, await databaseNow(em));
      describe(session, input);
      await handOver(em, viewer, session, ownership);
      return { sessionId: session.id };
    });
  }

  close(viewer: Viewer, sessionId: string): Promise<SessionWritten> {
    return this.#write(async (em) => {
      const session = await lockSession(em, viewer, sessionId);
      await closeSession(em, session, await databaseNow(em));
      return { sessionId };
    });
  }

  archive(viewer: Viewer, sessionId: string): Promise<SessionWritten> {
    return this.#write(async (em) => {
      const session = await lockSession(em, viewer, sessionId);
      const now = await databaseNow(em);
      await closeSession(em, session, now);
      session.archivedAt ??= now;
      return { sessionId };
    });
  }

  delete(viewer: Viewer, sessionId: string): Promise<SessionDeleted> {
    return this.#write(async (em) => {
      const session = await lockSessionToDelete(em, viewer, sessionId);
      if (session.deletedAt === null) {
        const now = await databaseNow(em);
        session.deletedAt = now;
        session.isActive = false;
        await enqueueAuditLog(em, viewer, { eventType: 'session_deleted', eventData: { sessionId } }, now);
      }
      return { deletedSessionId: sessionId };
    });
  }
}

const idTaken = (): ScrollbackError =>
  new ScrollbackError('CONFLICT', 'There is a session with this id already; choose another one, or none.', {
    reason: 'SESSION_ID_TAKEN',
  });

function describe(session: SessionRow, changes: SessionChanges): void {
  if (changes.title !== undefined) session.title = changes.title;
  if (changes.description !== undefined) session.description = changes.description;
  if (changes.metadata !== undefined) session.metadata = changes.metadata ?? {};
  if (changes.lifetimeSeconds !== undefined) session.lifetimeSeconds = changes.lifetimeSeconds;
}

async function handOver(em: EntityManager, viewer: Viewer, session: SessionRow, to: Partial<Ownership>): Promise<void> {
  const from = { userId: session.userId, tenantId: session.tenantId };
  const { userId = from.userId, tenantId = from.tenantId } = to;
  if (userId === from.userId && tenantId === from.tenantId) return;
  session.userId = userId;
  session.tenantId = tenantId;
  const eventData = { sessionId: session.id, from, to: { userId, tenantId } };
  await enqueueAuditLog(em, viewer, { eventType: 'session_owner_changed', eventData }, await databaseNow(em));
}

/** An id whose session was deleted from the tables still names what is left of it, which is not the new owner's. */
async function hasHistory(em: EntityManager, id: string): Promise<boolean> {
  const [row] = await run<{ found: boolean }>(
    em,
    sql`SELECT EXISTS (SELECT FROM scrollback.session_log WHERE session_id = ${id})
      OR EXISTS (SELECT FROM public.pending_approvals WHERE session_id = ${id})
      OR EXISTS (SELECT FROM scrollback.chat_events WHERE session_id = ${id})
      OR EXISTS (SELECT FROM scrollback.tool_usage WHERE session_id = ${id})
      OR EXISTS (SELECT FROM scrollback.message_details WHERE session_id = ${id}) AS found`,
  );
  return row?.found ?? false;
}
