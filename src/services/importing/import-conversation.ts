import { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { SessionEntity } from '../../entities/agent-runtime/session.ts';
import { insertIfNew } from '../writing/statements.ts';
import { BadLine } from './bad-line.ts';
import type { Conversation } from './conversation.ts';
import type { Owner } from './import-users.ts';
import { insertMessages, messageIdOf, messageTimeOf } from './imported-rows.ts';
import { differs, knownMessages } from './known-messages.ts';

export interface ConversationOutcome {
  readonly session: 'new' | 'updated' | 'unchanged';
  readonly messages: number;
  /** Messages that were imported before with another content; they stay as they are. */
  readonly different: number;
}

/** Adds what is new of a conversation: the session, and the messages that its log has never seen. */
export async function importConversation(
  em: EntityManager,
  conversation: Conversation,
  owner: Owner,
  createdAt: Date,
): Promise<ConversationOutcome> {
  if (!(await insertSession(em, conversation, owner, createdAt))) return growSession(em, conversation, owner);
  await insertMessages(em, conversation, owner, createdAt, [...conversation.messages.keys()]);
  return { session: 'new', messages: conversation.messages.length, different: 0 };
}

function insertSession(
  em: EntityManager,
  { sessionId, foreignId, title, messages }: Conversation,
  owner: Owner,
  createdAt: Date,
): Promise<boolean> {
  return insertIfNew(em, SessionEntity, {
    id: sessionId,
    title,
    description: null,
    createdAt,
    lastActivity: messageTimeOf(createdAt, Math.max(messages.length - 1, 0)),
    isActive: true,
    deletedAt: null,
    userId: owner.id,
    tenantId: owner.tenantId,
    metadata: foreignId === null ? {} : { importedId: foreignId },
    lifetimeSeconds: null,
    closedAt: null,
    archivedAt: null,
  });
}

async function growSession(em: EntityManager, conversation: Conversation, owner: Owner): Promise<ConversationOutcome> {
  const { sessionId, messages } = conversation;
  const session = await em.findOneOrFail(SessionEntity, { id: sessionId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  const known = await knownMessages(em, sessionId);
  const knownAt = messages.map((_, index) => known.get(messageIdOf(sessionId, index)));
  const added = [...messages.keys()].filter((index) => knownAt[index] === undefined);
  const different = messages.filter((message, index) => differs(message, knownAt[index])).length;
  if (added.length === 0 || session.deletedAt !== null) return { session: 'unchanged', messages: 0, different };
  // Somebody else may have chosen the same id for something else.
  const isImported = knownAt[0] !== undefined || (known.size === 0 && session.userId === owner.id);
  if (!isImported) throw new BadLine(`the id ${sessionId} is another session's here`);
  await insertMessages(em, conversation, owner, session.createdAt, added);
  const last = messageTimeOf(session.createdAt, messages.length - 1);
  if (last > session.lastActivity) session.lastActivity = last;
  return { session: 'updated', messages: added.length, different };
}
