import { agentSwitchSource } from './agents/agent-switch-source.ts';
import { approvalSource } from './approvals/approval-source.ts';
import { auditLogSource } from './audit/audit-log-source.ts';
import { chatEventSource } from './events/chat-event-source.ts';
import { messageSource } from './messages/message-source.ts';
import type { Source } from './reading/source.ts';
import { sessionSource } from './sessions/session-source.ts';
import { oauthClientSource } from './users/oauth-client-source.ts';
import { refreshTokenSource } from './users/refresh-token-source.ts';
import { userSource } from './users/user-source.ts';

const all: readonly Source[] = [
  agentSwitchSource,
  approvalSource,
  auditLogSource,
  chatEventSource,
  messageSource,
  oauthClientSource,
  refreshTokenSource,
  sessionSource,
  userSource,
];

/** Every source, by its name. */
export const sources: ReadonlyMap<string, Source> = new Map(all.map((source) => [source.name, source]));
