import { defineEntity, p } from '@mikro-orm/core';
import { Moment } from '../moment.ts';

export const AgentSwitchEntity = defineEntity({
  name: 'AgentSwitch',
  tableName: 'agent_switches',
  properties: {
    id: p.string().primary(),
    contextDbId: p.string(),
    fromAgent: p.string().nullable(),
    toAgent: p.string(),
    switchedAt: p.type(Moment),
    reason: p.text().nullable(),
    metadataJson: p.text().nullable(),
  },
});
