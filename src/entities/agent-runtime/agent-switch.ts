import { defineEntity, p } from '@mikro-orm/core';

export const AgentSwitchEntity = defineEntity({
  name: 'AgentSwitch',
  tableName: 'agent_switches',
  properties: {
    id: p.string().primary(),
    contextDbId: p.string(),
    fromAgent: p.string().nullable(),
    toAgent: p.string(),
    switchedAt: p.datetime(),
    reason: p.text().nullable(),
    metadataJson: p.text().nullable(),
  },
});
