import { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { MessageEntity } from '../../entities/agent-runtime/message.ts';
import { SessionEntity, type SessionRow } from '../../entities/agent-runtime/session.ts';
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
  const { messages } = conversation;
  // Most of a second import is unchanged, and costs no write and no lock.
  const before = await compare(em, conversation);
  if (messages.length > 0 && before.added.length === 0) return unchanged(before);
  if (!(await insertSession(em, conversation, owner, createdAt))) return growSession(em, conversation, owner);
  await insertMessages(em, conversation, owner, createdAt, [...messages.keys()]);
  return { session: 'new', messages: messages.length, different: 0 };
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
  const comparison = await compare(em, conversation);
  const { added, different } = comparison;
  if (added.length === 0 || session.deletedAt !== null) return unchanged(comparison);
  if (added.includes(0) && !(await isEmptySessionOf(em, session, owner))) {
    throw new BadLine(`the id ${sessionId} is another session's here`);
  }
  await insertMessages(em, conversation, owner, session.createdAt, added);
  const last = messageTimeOf(session.createdAt, messages.length - 1);
  if (last > session.lastActivity) session.lastActivity = last;
  return { session: 'updated', messages: added.length, different };
}

/** Without its first message a session may be somebody's who chose the same id for something else. */
const isEmptySessionOf = async (em: EntityManager, session: SessionRow, owner: Owner): Promise<boolean> =>
  session.userId === owner.id && (await em.count(MessageEntity, { sessionDbId: session.id })) === 0;

interface Comparison {
  /** Places of the messages that the session never had. */
  readonly added: readonly number[];
  readonly different: number;
}

async function compare(em: EntityManager, { sessionId, messages }: Conversation): Promise<Comparison> {
  const ids = messages.map((_, index) => messageIdOf(sessionId, index));
  const known = await knownMessages(em, sessionId, ids);
  return {
    added: [...ids.entries()].filter(([, id]) => !known.has(id)).map(([index]) => index),
    different: messages.filter((message, index) => differs(message, known.get(ids[index] ?? ''))).length,
  };
}

const unchanged = ({ different }: Comparison): ConversationOutcome => ({
  session: 'unchanged',
  messages: 0,
  different,
});
