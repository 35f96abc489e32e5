// Types refer to each other by name; here each is brought in, so that every name is known.
import './types/agent-switch.ts';
import './types/approval.ts';
import './types/audit-log.ts';
import './types/changes.ts';
import './types/chat-event.ts';
import './types/message-search.ts';
import './types/message.ts';
import './types/node.ts';
import './types/oauth-client.ts';
import './types/refresh-token.ts';
import './types/session.ts';
import './types/tool-call.ts';
import './types/usage-summary.ts';
import './types/user.ts';
import './types/viewer.ts';
