import type { DatabaseName } from '../../databases/database-name.ts';

/** What the gateway's role does with which table. */
export const neededRights: Readonly<Record<DatabaseName, Readonly<Record<string, readonly string[]>>>> = {
  agentRuntime: {
    'public.sessions': ['SELECT', 'INSERT', 'UPDATE'],
    'public.messages': ['SELECT', 'INSERT', 'UPDATE'],
    'public.agent_contexts': ['SELECT', 'INSERT', 'UPDATE'],
    'public.agent_switches': ['SELECT', 'INSERT'],
    'public.pending_approvals': ['SELECT', 'INSERT', 'UPDATE'],
    'scrollback.session_log': ['SELECT'],
    'scrollback.unnumbered_messages': ['SELECT'],
    'scrollback.log_identity': ['SELECT'],
    'scrollback.message_documents': ['SELECT'],
    'scrollback.message_details': ['SELECT', 'INSERT', 'UPDATE'],
    'scrollback.tool_usage': ['SELECT', 'INSERT', 'UPDATE'],
    'scrollback.chat_events': ['SELECT', 'INSERT'],
    'scrollback.outbox': ['SELECT', 'INSERT', 'DELETE'],
  },
  auth: {
    'public.users': ['SELECT', 'INSERT', 'UPDATE'],
    'public.oauth_clients': ['SELECT'],
    'public.refresh_tokens': ['SELECT', 'UPDATE'],
    'public.audit_logs': ['SELECT', 'INSERT'],
    'scrollback.audit_entries': ['SELECT'],
    'scrollback.log_identity': ['SELECT'],
  },
};
