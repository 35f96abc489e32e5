import { defineEntity, p } from '@mikro-orm/core';
import { Moment } from '../moment.ts';

/** Which agent a session is with; one per session. */
export const AgentContextEntity = defineEntity({
  name: 'AgentContext',
  tableName: 'agent_contexts',
  properties: {
    id: p.string().primary(),
    sessionDbId: p.string(),
    currentAgent: p.string(),
    createdAt: p.type(Moment),
    updatedAt: p.type(Moment),
    switchCount: p.integer(),
    metadataJson: p.text().nullable(),
  },
});
