import { defineEntity, p } from '@mikro-orm/core';
import { Moment } from '../moment.ts';

/** An entry for the audit trail of the other database, on its way there. */
export const OutboxEntryEntity = defineEntity({
  name: 'OutboxEntry',
  tableName: 'outbox',
  schema: 'scrollback',
  properties: {
    id: p.string().primary(),
    entry: p.json().$type<Record<string, unknown>>(),
    createdAt: p.type(Moment),
  },
});
