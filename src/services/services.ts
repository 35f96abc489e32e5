import type { DatabaseName } from '../databases/database-name.ts';
import type { Log } from '../shared/log.ts';
import { AgentService } from './agents/agent-service.ts';
import { ApprovalService } from './approvals/approval-service.ts';
import { AuditService } from './audit/audit-service.ts';
import { EventService } from './events/event-service.ts';
import { MessageService } from './messages/message-service.ts';
import type { Databases } from './reading/reader.ts';
import { SessionService } from './sessions/session-service.ts';
import { UserService } from './users/user-service.ts';
import { writeAtOnceTo, writeTo, type Write } from './writing/write.ts';

/** Everything that writes. */
export interface Services {
  readonly sessions: SessionService;
  readonly messages: MessageService;
  readonly agents: AgentService;
  readonly approvals: ApprovalService;
  readonly events: EventService;
  readonly audit: AuditService;
  readonly users: UserService;
}

export interface ServiceDependencies {
  readonly databases: Databases;
  /** How long new sessions live without a message; null: for ever. */
  readonly sessionLifetimeSeconds: number | null;
  readonly log: Log;
  /** Called after each commit. */
  readonly written: (database: DatabaseName) => void;
  /** Called after each commit that may have left something for the audit trail. */
  readonly audited?: () => void;
}

export function createServices({
  databases,
  sessionLifetimeSeconds,
  log,
  written,
  audited,
}: ServiceDependencies): Services {
  const write = writeTo(databases.agentRuntime, written, log);
  const writeAtOnce = writeAtOnceTo(databases.agentRuntime, written, log);
  const writeAudited: Write = async (work) => {
    const result = await write(work);
    audited?.();
    return result;
  };
  const writeAuth = writeTo(databases.auth, written, log);
  return {
    sessions: new SessionService(writeAudited, databases.auth, sessionLifetimeSeconds),
    messages: new MessageService(write, writeAtOnce, sessionLifetimeSeconds),
    agents: new AgentService(write),
    approvals: new ApprovalService(writeAudited, databases.auth),
    events: new EventService(write),
    audit: new AuditService(writeAuth),
    users: new UserService(writeAuth),
  };
}
