import { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as newId } from 'uuid';
import { MessageDetailsEntity } from '../../entities/agent-runtime/message-details.ts';
import { MessageEntity } from '../../entities/agent-runtime/message.ts';
import { notFound } from '../../shared/errors.ts';
import type { Viewer } from '../identity/viewer.ts';
import { lockSessionOfMessage } from '../sessions/locked-session.ts';
import { checkJson, isPossibleId } from '../writing/checks.ts';
import { databaseNow } from '../writing/statements.ts';
import type { Write, WriteAtOnce } from '../writing/write.ts';
import { claimMessage } from './claim.ts';
import { checkContent, checkMessage, type MessageChanges, type MessageToSend } from './message-input.ts';
import { receiveInNewSession, receiveInSession, titleOf, type Reception } from './receiving-session.ts';
import { checkToolCallRecord, recordToolCall, type ToolCallToRecord } from './recorded-tool-call.ts';
import { sendToOpenSession } from './send-to-open-session.ts';
import { columnsOf, metadataTextOf } from './shared-columns.ts';

export interface MessageSent {
  readonly messageId: string;
  readonly sessionId: string;
  readonly sessionWasCreated: boolean;
  readonly wasDuplicate: boolean;
}

export interface MessageWritten {
  readonly messageId: string;
}

export interface ToolCallRecorded {
  readonly messageId: string;
  readonly usageId: string;
}

/** Messages, and what tools did for them. */
export class MessageService {
  readonly #write: Write;
  readonly #writeAtOnce: WriteAtOnce;
  readonly #sessionLifetimeSeconds: number | null;

  constructor(write: Write, writeAtOnce: WriteAtOnce, sessionLifetimeSeconds: number | null) {
    this.#write = write;
    this.#writeAtOnce = writeAtOnce;
    this.#sessionLifetimeSeconds = sessionLifetimeSeconds;
  }

  async send(viewer: Viewer, input: MessageToSend): Promise<MessageSent> {
    checkMessage(input);
    const { sessionId } = input;
    if (sessionId == null) return this.#sendTheLongWay(viewer, input);
    if (!isPossibleId(sessionId)) throw notFound('The session');
    const messageId = newId();
    const written = await this.#writeAtOnce(sendToOpenSession(viewer, sessionId, messageId, input));
    if (!written) return this.#sendTheLongWay(viewer, input);
    return { messageId, sessionId, sessionWasCreated: false, wasDuplicate: false };
  }

  /** Into a new session or one that has expired, again, or not at all. */
  #sendTheLongWay(viewer: Viewer, input: MessageToSend): Promise<MessageSent> {
    return this.#write(async (em) => {
      const messageId = newId();
      const nextSessionId = newId();
      const expectedSessionId = input.sessionId ?? nextSessionId;
      const earlier = await claimMessage(em, viewer, input, { messageId, sessionId: expectedSessionId });
      if (earlier !== null) return { ...earlier, sessionWasCreated: false, wasDuplicate: true };
      const reception = await this.#receive(em, viewer, input, nextSessionId);
      const { sessionId, wasCreated } = reception;
      await insertMessage(em, messageId, input, reception);
      if (sessionId !== expectedSessionId) await em.nativeUpdate(MessageDetailsEntity, { messageId }, { sessionId });
      return { messageId, sessionId, sessionWasCreated: wasCreated, wasDuplicate: false };
    });
  }

  async edit(viewer: Viewer, input: MessageChanges): Promise<MessageWritten> {
    const { messageId, content, metadata } = input;
    checkJson('metadata', metadata);
    return this.#write(async (em) => {
      await lockSessionOfMessage(em, viewer, messageId);
      const message = await em.findOne(MessageEntity, { id: messageId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (message === null) throw notFound('The message');
      if (content !== undefined) {
        checkContent(content, message.role, message.toolCalls !== null);
        message.content = content;
      }
      if (metadata !== undefined) message.metadataJson = metadataTextOf(metadata);
      return { messageId };
    });
  }

  async recordToolCall(viewer: Viewer, input: ToolCallToRecord): Promise<ToolCallRecorded> {
    checkToolCallRecord(input);
    return this.#write(async (em) => {
      const { messageId } = input;
      const session = await lockSessionOfMessage(em, viewer, messageId);
      return { messageId, usageId: await recordToolCall(em, session.id, input, await databaseNow(em)) };
    });
  }

  #receive(em: EntityManager, viewer: Viewer, input: MessageToSend, nextSessionId: string): Promise<Reception> {
    if (input.sessionId != null) return receiveInSession(em, viewer, input.sessionId, nextSessionId);
    const { userId } = viewer;
    return receiveInNewSession(em, {
      id: nextSessionId,
      title: titleOf(input),
      userId,
      tenantId: userId === null ? null : viewer.tenantId,
      lifetimeSeconds: this.#sessionLifetimeSeconds,
    });
  }
}

async function insertMessage(
  em: EntityManager,
  id: string,
  input: MessageToSend,
  { sessionId, now }: Reception,
): Promise<void> {
  await em.insert(MessageEntity, { id, sessionDbId: sessionId, timestamp: now, ...columnsOf(input) });
}
