import { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import sql from 'sql-template-tag';
import { MessageDetailsEntity } from '../../entities/agent-runtime/message-details.ts';
import { MessageEntity } from '../../entities/agent-runtime/message.ts';
import { SessionEntity, type SessionRow } from '../../entities/agent-runtime/session.ts';
import { insertIfNew, run } from '../writing/statements.ts';
import { BadLine } from './bad-line.ts';
import type { ImportedMessage } from './chat-message.ts';
import { importId, type Conversation } from './conversation.ts';
import type { Owner } from './import-users.ts';

export interface ConversationOutcome {
  readonly session: 'new' | 'updated' | 'unchanged';
  readonly messages: number;
  /** Messages that were imported before with another content; they stay as they are. */
  readonly different: number;
}

const messageIntervalMs = 1000;
const rowsPerStatement = 500;

/** Adds what is new of a conversation: the session, and the messages that its log has never seen. */
export async function importConversation(
  em: EntityManager,
  conversation: Conversation,
  owner: Owner,
  createdAt: Date,
): Promise<ConversationOutcome> {
  if (await insertSession(em, conversation, owner, createdAt)) {
    await insertMessages(em, conversation, owner, createdAt, [...conversation.messages.keys()]);
    return { session: 'new', messages: conversation.messages.length, different: 0 };
  }
  return growSession(em, conversation, owner);
}

async function growSession(em: EntityManager, conversation: Conversation, owner: Owner): Promise<ConversationOutcome> {
  const session = await em.findOneOrFail(
    SessionEntity,
    { id: conversation.sessionId },
    { lockMode: LockMode.PESSIMISTIC_WRITE },
  );
  const known = await knownMessages(em, session.id);
  const ids = conversation.messages.map((_, index) => messageIdOf(session.id, index));
  const added = [...ids.keys()].filter((index) => !known.has(ids[index] ?? ''));
  const different = conversation.messages.filter((message, index) =>
    differs(message, known.get(ids[index] ?? '')),
  ).length;
  if (added.length === 0 || session.deletedAt !== null) return { session: 'unchanged', messages: 0, different };
  if (!isImported(session, known, ids, owner)) throw new BadLine(`the id ${session.id} belongs to another session`);
  await insertMessages(em, conversation, owner, session.createdAt, added);
  const last = timeOf(session.createdAt, ids.length - 1);
  if (last > session.lastActivity) await em.nativeUpdate(SessionEntity, { id: session.id }, { lastActivity: last });
  return { session: 'updated', messages: added.length, different };
}

/** An id may have been chosen by somebody else for something else. */
const isImported = (
  session: SessionRow,
  known: ReadonlyMap<string, unknown>,
  ids: readonly string[],
  owner: Owner,
): boolean => known.has(ids[0] ?? '') || (known.size === 0 && session.userId === owner.id);

function insertSession(em: EntityManager, conversation: Conversation, owner: Owner, createdAt: Date): Promise<boolean> {
  const { sessionId, foreignId, title, messages } = conversation;
  return insertIfNew(em, SessionEntity, {
    id: sessionId,
    title,
    description: null,
    createdAt,
    lastActivity: messages.length === 0 ? createdAt : timeOf(createdAt, messages.length - 1),
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

const messageIdOf = (sessionId: string, index: number): string => importId(`message/${sessionId}/${index}`);

/** The file says when a conversation began, if anything; its messages keep their order. */
const timeOf = (createdAt: Date, index: number): Date => new Date(createdAt.getTime() + index * messageIntervalMs);

async function insertMessages(
  em: EntityManager,
  { sessionId, messages }: Conversation,
  owner: Owner,
  createdAt: Date,
  indexes: readonly number[],
): Promise<void> {
  const rows = indexes.flatMap((index) => {
    const message = messages[index];
    return message === undefined ? [] : [rowOf(message, sessionId, index, timeOf(createdAt, index))];
  });
  const authored = rows
    .filter(({ role }) => role === 'user')
    .map(({ id, timestamp }) => detailsOf(id, sessionId, owner, timestamp));
  for (const some of inBatches(rows)) await em.insertMany(MessageEntity, some);
  for (const some of inBatches(authored)) await em.insertMany(MessageDetailsEntity, some);
}

const rowOf = ({ metadata, ...message }: ImportedMessage, sessionDbId: string, index: number, timestamp: Date) => ({
  id: messageIdOf(sessionDbId, index),
  sessionDbId,
  timestamp,
  ...message,
  tokenCount: null,
  metadataJson: metadata,
});

const detailsOf = (messageId: string, sessionId: string, owner: Owner, createdAt: Date) => ({
  messageId,
  sessionId,
  authorId: owner.id,
  model: null,
  latencyMs: null,
  sender: null,
  clientMessageId: null,
  requestHash: null,
  createdAt,
});

function* inBatches<Row>(rows: readonly Row[]): Generator<Row[]> {
  for (let from = 0; from < rows.length; from += rowsPerStatement) yield rows.slice(from, from + rowsPerStatement);
}

interface KnownMessage {
  readonly id: string;
  /** Null where the message was removed since, like all the rest. */
  readonly role: string | null;
  readonly content: string | null;
  readonly toolCalls: string | null;
}

/** Every message that the session ever had: what was removed here does not come back with the next import. */
async function knownMessages(em: EntityManager, sessionId: string): Promise<ReadonlyMap<string, KnownMessage>> {
  const rows = await run<KnownMessage>(
    em,
    sql`SELECT l.subject_id AS id, m.role, m.content, m.tool_calls AS "toolCalls"
      FROM scrollback.session_log AS l LEFT JOIN public.messages AS m ON m.id = l.subject_id
      WHERE l.session_id = ${sessionId} AND l.kind = 'message_added'`,
  );
  return new Map(rows.map((row) => [row.id, row]));
}

const differs = (message: ImportedMessage, known: KnownMessage | undefined): boolean =>
  known !== undefined &&
  known.role !== null &&
  (known.role !== message.role || known.content !== message.content || known.toolCalls !== message.toolCalls);
