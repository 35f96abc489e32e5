import { createHash } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from '../../shared/sql.ts';
import { MessageDetailsEntity } from '../../entities/agent-runtime/message-details.ts';
import { ScrollbackError } from '../../shared/errors.ts';
import type { Viewer } from '../identity/viewer.ts';
import { sessionIdVisible } from '../identity/visibility.ts';
import { insertIfNew, run } from '../writing/statements.ts';
import type { MessageToSend } from './message-input.ts';

/** Where a message is. */
export interface MessagePlace {
  readonly messageId: string;
  readonly sessionId: string;
}

/**
 * Writes down what the shared columns do not hold, first of all: the sender's own id for the message is unique, so of
 * several transactions that send the same message one goes on, and the others wait for it and learn where it is.
 * Returns null for the one, the place of the message for the others.
 */
export async function claimMessage(
  em: EntityManager,
  viewer: Viewer,
  input: MessageToSend,
  place: MessagePlace,
): Promise<MessagePlace | null> {
  const details = detailsOf(viewer, input);
  const isNew = await insertIfNew(em, MessageDetailsEntity, { ...place, ...details, createdAt: new Date() });
  return isNew ? null : earlierMessage(em, viewer, details);
}

interface Details {
  readonly authorId: string | null;
  readonly model: string | null;
  readonly latencyMs: number | null;
  readonly tenantId: string;
  readonly sender: string;
  readonly clientMessageId: string | null;
  readonly requestHash: Buffer;
}

export const detailsOf = (viewer: Viewer, input: MessageToSend): Details => ({
  authorId: (input.role ?? 'USER') === 'USER' ? viewer.userId : null,
  model: input.model ?? null,
  latencyMs: input.latencyMs ?? null,
  tenantId: viewer.tenantId,
  sender: senderOf(viewer),
  clientMessageId: input.clientMessageId ?? null,
  requestHash: hashOf(input),
});

const senderOf = (viewer: Viewer): string => viewer.userId ?? `service:${viewer.clientId ?? 'internal'}`;

/** What makes a message the same one: not what was measured, which may differ when it is sent again. */
function hashOf({ sessionId, role, content, name, toolCallId, toolCalls }: MessageToSend): Buffer {
  const calls = (toolCalls ?? []).map((call) => [call.id ?? null, call.name, call.arguments ?? null]);
  const request = [sessionId ?? null, role ?? 'USER', content ?? null, name ?? null, toolCallId ?? null, calls];
  return createHash('sha256').update(JSON.stringify(request)).digest();
}

async function earlierMessage(em: EntityManager, viewer: Viewer, details: Details): Promise<MessagePlace> {
  const { tenantId, sender, clientMessageId, requestHash } = details;
  const earlier = await em.findOne(MessageDetailsEntity, { tenantId, sender, clientMessageId });
  if (earlier === null) throw new Error('A message was claimed twice, and the first claim is not there.');
  if (!requestHash.equals(earlier.requestHash ?? Buffer.of())) throw idReused();
  const { messageId, sessionId } = earlier;
  if (!(await isThere(em, viewer, messageId))) throw removed();
  return { messageId, sessionId };
}

async function isThere(em: EntityManager, viewer: Viewer, messageId: string): Promise<boolean> {
  const visible = sessionIdVisible(viewer, sql`m.session_db_id`);
  const found = await run(em, sql`SELECT m.id FROM public.messages AS m WHERE m.id = ${messageId} AND ${visible}`);
  return found.length > 0;
}

const idReused = (): ScrollbackError =>
  new ScrollbackError('CONFLICT', 'Another message was sent with this `clientMessageId`; give each message its own.', {
    reason: 'CLIENT_MESSAGE_ID_REUSED',
  });

const removed = (): ScrollbackError =>
  new ScrollbackError(
    'NOT_FOUND',
    'The message was sent before with this `clientMessageId` and has been removed since.',
  );
