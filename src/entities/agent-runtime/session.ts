import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** A chat session. `userId` to `lifetimeSeconds` are our columns; the agent-runtime service writes the others too. */
export const SessionEntity = defineEntity({
  name: 'Session',
  tableName: 'sessions',
  properties: {
    id: p.string().primary(),
    title: p.string().nullable(),
    description: p.text().nullable(),
    createdAt: p.datetime(),
    lastActivity: p.datetime(),
    isActive: p.boolean(),
    deletedAt: p.datetime().nullable(),
    userId: p.string().nullable(),
    tenantId: p.string().nullable(),
    metadata: p.json().$type<Record<string, unknown>>(),
    lifetimeSeconds: p.integer().nullable(),
    closedAt: p.datetime().nullable(),
    archivedAt: p.datetime().nullable(),
  },
});

export type SessionRow = InferEntity<typeof SessionEntity>;
