import { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { MessageEntity } from '../../entities/agent-runtime/message.ts';
import { SessionEntity, type SessionRow } from '../../entities/agent-runtime/session.ts';
import { sql } from '../../shared/sql.ts';
import { insertIfNew, run } from '../writing/statements.ts';
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
  const { sessionId, messages } = conversation;
  const [standing] = await run<Standing>(
    em,
    sql`SELECT user_id AS "userId" FROM public.sessions WHERE id = ${sessionId}`,
  );
  if (standing !== undefined) requireSameOwner(sessionId, standing, owner);
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
  requireSameOwner(sessionId, session, owner);
  const comparison = await compare(em, conversation);
  const { added, different } = comparison;
  if (added.length === 0 || session.deletedAt !== null) return unchanged(comparison);
  if (added.includes(0) && !(await isEmpty(em, session))) throw anotherSession(sessionId);
  await insertMessages(em, conversation, owner, session.createdAt, added);
  const last = messageTimeOf(session.createdAt, messages.length - 1);
  if (last > session.lastActivity) session.lastActivity = last;
  return { session: 'updated', messages: added.length, different };
}

type Standing = Pick<SessionRow, 'userId'>;

/** What is one user's here is not to be filled up, or taken as known, with what the file says is another one's. */
function requireSameOwner(sessionId: string, { userId }: Standing, owner: Owner): void {
  if (userId !== owner.id) throw anotherSession(sessionId);
}

const anotherSession = (sessionId: string): BadLine => new BadLine(`the id ${sessionId} is another session's here`);

/** Without its first message a session that has others was made for something else, with the same id by chance. */
const isEmpty = async (em: EntityManager, { id }: SessionRow): Promise<boolean> =>
  (await em.count(MessageEntity, { sessionDbId: id })) === 0;

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
