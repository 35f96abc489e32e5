import { defineEntity, p } from '@mikro-orm/core';
import { Moment } from '../moment.ts';

/** An event of the chat's user interface (opened, closed, widget clicked …) or of a session's life. */
export const ChatEventEntity = defineEntity({
  name: 'ChatEvent',
  tableName: 'chat_events',
  schema: 'scrollback',
  properties: {
    id: p.string().primary(),
    sessionId: p.string().nullable(),
    userId: p.string().nullable(),
    tenantId: p.string().nullable(),
    eventType: p.string(),
    eventData: p.json().$type<Record<string, unknown>>(),
    createdAt: p.type(Moment),
  },
});
