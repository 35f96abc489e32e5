import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import { Moment } from '../moment.ts';

/** A chat session. `userId` to `lifetimeSeconds` are our columns; the agent-runtime service writes the others too. */
export const SessionEntity = defineEntity({
  name: 'Session',
  tableName: 'sessions',
  properties: {
    id: p.string().primary(),
    title: p.string().nullable(),
    description: p.text().nullable(),
    createdAt: p.type(Moment),
    lastActivity: p.type(Moment),
    isActive: p.boolean(),
    deletedAt: p.type(Moment).nullable(),
    userId: p.string().nullable(),
    tenantId: p.string().nullable(),
    metadata: p.json().$type<Record<string, unknown>>(),
    lifetimeSeconds: p.integer().nullable(),
    closedAt: p.type(Moment).nullable(),
    archivedAt: p.type(Moment).nullable(),
  },
});

export type SessionRow = InferEntity<typeof SessionEntity>;
