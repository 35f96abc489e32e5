import type { EntityManager } from '@mikro-orm/postgresql';
import { MessageDetailsEntity } from '../../entities/agent-runtime/message-details.ts';
import { MessageEntity } from '../../entities/agent-runtime/message.ts';
import type { ImportedMessage } from './chat-message.ts';
import { importId, type Conversation } from './conversation.ts';
import type { Owner } from './import-users.ts';

const messageIntervalMs = 1000;
const rowsPerStatement = 500;

export const messageIdOf = (sessionId: string, index: number): string => importId(`message/${sessionId}/${index}`);

/** The file says when a conversation began, if anything; so its messages get times that keep their order. */
export const messageTimeOf = (createdAt: Date, index: number): Date =>
  new Date(createdAt.getTime() + index * messageIntervalMs);

/** Inserts the messages with these indexes, which their log numbers in this order. */
export async function insertMessages(
  em: EntityManager,
  { sessionId, messages }: Conversation,
  owner: Owner,
  createdAt: Date,
  indexes: readonly number[],
): Promise<void> {
  const rows = indexes.flatMap((index) => {
    const message = messages[index];
    return message === undefined ? [] : [rowOf(message, sessionId, index, messageTimeOf(createdAt, index))];
  });
  const authored = rows.filter(({ role }) => role === 'user').map((row) => detailsOf(row, owner));
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

const detailsOf = ({ id, sessionDbId, timestamp }: ReturnType<typeof rowOf>, owner: Owner) => ({
  messageId: id,
  sessionId: sessionDbId,
  authorId: owner.id,
  model: null,
  latencyMs: null,
  sender: null,
  clientMessageId: null,
  requestHash: null,
  createdAt: timestamp,
});

function* inBatches<Row>(rows: readonly Row[]): Generator<Row[]> {
  for (let from = 0; from < rows.length; from += rowsPerStatement) yield rows.slice(from, from + rowsPerStatement);
}
