import { defineEntity, p } from '@mikro-orm/core';

/** Which agent a session is with; one per session. */
export const AgentContextEntity = defineEntity({
  name: 'AgentContext',
  tableName: 'agent_contexts',
  properties: {
    id: p.string().primary(),
    sessionDbId: p.string(),
    currentAgent: p.string(),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
    switchCount: p.integer(),
    metadataJson: p.text().nullable(),
  },
});
