import { defineEntity, p } from '@mikro-orm/core';
import { Moment } from '../moment.ts';

/** What is known of a message beyond the shared columns; it survives the rewriting of its row. */
export const MessageDetailsEntity = defineEntity({
  name: 'MessageDetails',
  tableName: 'message_details',
  schema: 'scrollback',
  properties: {
    messageId: p.string().primary(),
    sessionId: p.string(),
    authorId: p.string().nullable(),
    model: p.string().nullable(),
    latencyMs: p.integer().nullable(),
    tenantId: p.string().nullable(),
    sender: p.string().nullable(),
    clientMessageId: p.string().nullable(),
    requestHash: p.blob().nullable(),
    createdAt: p.type(Moment),
  },
});
