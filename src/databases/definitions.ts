import { AgentContextEntity } from '../entities/agent-runtime/agent-context.ts';
import { AgentSwitchEntity } from '../entities/agent-runtime/agent-switch.ts';
import { ChatEventEntity } from '../entities/agent-runtime/chat-event.ts';
import { MessageDetailsEntity } from '../entities/agent-runtime/message-details.ts';
import { MessageEntity } from '../entities/agent-runtime/message.ts';
import { OutboxEntryEntity } from '../entities/agent-runtime/outbox-entry.ts';
import { PendingApprovalEntity } from '../entities/agent-runtime/pending-approval.ts';
import { SessionEntity } from '../entities/agent-runtime/session.ts';
import { ToolUsageEntity } from '../entities/agent-runtime/tool-usage.ts';
import { AuditLogEntity } from '../entities/auth/audit-log.ts';
import { OAuthClientEntity } from '../entities/auth/oauth-client.ts';
import { RefreshTokenEntity } from '../entities/auth/refresh-token.ts';
import { UserEntity } from '../entities/auth/user.ts';
import type { DatabaseDefinition } from './database.ts';
import { SharedTables as AgentRuntimeTables } from './migrations/agent-runtime/01-shared-tables.ts';
import { OwnTables } from './migrations/agent-runtime/02-own-tables.ts';
import { SessionLog } from './migrations/agent-runtime/03-session-log.ts';
import { LogTriggers } from './migrations/agent-runtime/04-log-triggers.ts';
import { SearchDocuments } from './migrations/agent-runtime/05-search-documents.ts';
import { ReadFunctions } from './migrations/agent-runtime/06-read-functions.ts';
import { ReadIndexes } from './migrations/agent-runtime/07-read-indexes.ts';
import { CursorKeys as AgentRuntimeCursorKeys } from './migrations/agent-runtime/09-cursor-keys.ts';
import { OwnNames } from './migrations/agent-runtime/10-own-names.ts';
import { Truncation } from './migrations/agent-runtime/11-truncation.ts';
import { Rights as AgentRuntimeRights } from './migrations/agent-runtime/12-rights.ts';
import { LogPublication as AgentRuntimeLogPublication } from './migrations/agent-runtime/13-log-publication.ts';
import { HorizonOnPrimary } from './migrations/agent-runtime/14-horizon-on-primary.ts';
import { Departures } from './migrations/agent-runtime/15-departures.ts';
import { RegisteredDocuments } from './migrations/agent-runtime/16-registered-documents.ts';
import { ShortTriggers } from './migrations/agent-runtime/17-short-triggers.ts';
import { NarrowPublication } from './migrations/agent-runtime/18-narrow-publication.ts';
import { SearchWords } from './migrations/agent-runtime/19-search-words.ts';
import { UnaskedRecords } from './migrations/agent-runtime/20-unasked-records.ts';
import { ReadableEscapes } from './migrations/agent-runtime/21-readable-escapes.ts';
import { ExpiringApprovals } from './migrations/agent-runtime/22-expiring-approvals.ts';
import { ComparedSaves } from './migrations/agent-runtime/23-compared-saves.ts';
import { Reconciliation } from './migrations/agent-runtime/24-reconciliation.ts';
import { TouchedSessions } from './migrations/agent-runtime/25-touched-sessions.ts';
import { Numbering } from './migrations/agent-runtime/26-numbering.ts';
import { Looks } from './migrations/agent-runtime/27-looks.ts';
import { SharedTables as AuthTables } from './migrations/auth/01-shared-tables.ts';
import { AuditLog } from './migrations/auth/02-audit-log.ts';
import { CursorKeys as AuthCursorKeys } from './migrations/auth/04-cursor-keys.ts';
import { Rights as AuthRights } from './migrations/auth/05-rights.ts';
import { LogPublication as AuthLogPublication } from './migrations/auth/06-log-publication.ts';
import { Revocations } from './migrations/auth/07-revocations.ts';

export const agentRuntimeDefinition: DatabaseDefinition = {
  name: 'agentRuntime',
  entities: [
    AgentContextEntity,
    AgentSwitchEntity,
    ChatEventEntity,
    MessageDetailsEntity,
    MessageEntity,
    OutboxEntryEntity,
    PendingApprovalEntity,
    SessionEntity,
    ToolUsageEntity,
  ],
  migrations: [
    { name: '01-shared-tables', class: AgentRuntimeTables },
    { name: '02-own-tables', class: OwnTables },
    { name: '03-session-log', class: SessionLog },
    { name: '04-log-triggers', class: LogTriggers },
    { name: '05-search-documents', class: SearchDocuments },
    { name: '06-read-functions', class: ReadFunctions },
    { name: '07-read-indexes', class: ReadIndexes },
    { name: '09-cursor-keys', class: AgentRuntimeCursorKeys },
    { name: '10-own-names', class: OwnNames },
    { name: '11-truncation', class: Truncation },
    { name: '12-rights', class: AgentRuntimeRights },
    { name: '13-log-publication', class: AgentRuntimeLogPublication },
    { name: '14-horizon-on-primary', class: HorizonOnPrimary },
    { name: '15-departures', class: Departures },
    { name: '16-registered-documents', class: RegisteredDocuments },
    { name: '17-short-triggers', class: ShortTriggers },
    { name: '18-narrow-publication', class: NarrowPublication },
    { name: '19-search-words', class: SearchWords },
    { name: '20-unasked-records', class: UnaskedRecords },
    { name: '21-readable-escapes', class: ReadableEscapes },
    { name: '22-expiring-approvals', class: ExpiringApprovals },
    { name: '23-compared-saves', class: ComparedSaves },
    { name: '24-reconciliation', class: Reconciliation },
    { name: '25-touched-sessions', class: TouchedSessions },
    { name: '26-numbering', class: Numbering },
    { name: '27-looks', class: Looks },
  ],
};

export const authDefinition: DatabaseDefinition = {
  name: 'auth',
  entities: [AuditLogEntity, OAuthClientEntity, RefreshTokenEntity, UserEntity],
  migrations: [
    { name: '01-shared-tables', class: AuthTables },
    { name: '02-audit-log', class: AuditLog },
    { name: '04-cursor-keys', class: AuthCursorKeys },
    { name: '05-rights', class: AuthRights },
    { name: '06-log-publication', class: AuthLogPublication },
    { name: '07-revocations', class: Revocations },
  ],
};
