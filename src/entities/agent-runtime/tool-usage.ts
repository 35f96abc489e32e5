import { defineEntity, p } from '@mikro-orm/core';
import { Moment } from '../moment.ts';

/** What a tool server recorded of one call. */
export const ToolUsageEntity = defineEntity({
  name: 'ToolUsage',
  tableName: 'tool_usage',
  schema: 'scrollback',
  properties: {
    id: p.string().primary(),
    sessionId: p.string(),
    messageId: p.string(),
    callId: p.string().nullable(),
    toolName: p.string(),
    serverName: p.string().nullable(),
    arguments: p.json().nullable(),
    result: p.json().nullable(),
    error: p.text().nullable(),
    executionTimeMs: p.integer().nullable(),
    createdAt: p.type(Moment),
    asked: p.boolean(),
  },
});
