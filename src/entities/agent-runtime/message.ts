import { defineEntity, p } from '@mikro-orm/core';
import { Moment } from '../moment.ts';

/** A message in the shape that the agent-runtime service shares with us: JSON travels as text. */
export const MessageEntity = defineEntity({
  name: 'Message',
  tableName: 'messages',
  properties: {
    id: p.string().primary(),
    sessionDbId: p.string(),
    role: p.string(),
    content: p.text().nullable(),
    timestamp: p.type(Moment),
    name: p.string().nullable(),
    toolCallId: p.string().nullable(),
    toolCalls: p.text().nullable(),
    tokenCount: p.integer().nullable(),
    metadataJson: p.text().nullable(),
  },
});
