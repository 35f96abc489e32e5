import { Int } from 'type-graphql';
import { MessageArguments, SessionApprovalArguments } from '../arguments/list-arguments.ts';
import { ForwardArguments } from '../arguments/page-arguments.ts';
import { AgentSwitchConnection, ApprovalConnection, ChatEventConnection, MessageConnection } from '../connections.ts';
import { Column, Computed, SourceType, ToMany, ToOne } from '../declarations.ts';
import { SessionStatus } from '../enums.ts';
import { DateTime, JSONObject } from '../scalars.ts';
import { UsageSummary } from './usage-summary.ts';

@SourceType('sessions')
export class Session {
  id!: string;
  @Column(() => String, { nullable: true })
  title?: string | null;
  @Column(() => String, { nullable: true })
  description?: string | null;
  @Column(() => SessionStatus)
  status!: SessionStatus;
  @ToOne('User', { by: 'ownerId', description: 'Lives in the other database.' })
  owner?: unknown;
  @Column(() => String)
  tenantId!: string;
  @Column(() => DateTime)
  createdAt!: Date;
  @Column(() => DateTime)
  lastActivityAt!: Date;
  @Column(() => DateTime, { nullable: true })
  closedAt?: Date | null;
  @Column(() => DateTime, {
    nullable: true,
    description: 'When the sliding lifetime ends; null where sessions do not expire.',
  })
  expiresAt?: Date | null;
  @Column(() => JSONObject)
  metadata!: Record<string, unknown>;
  @Column(() => Int)
  messageCount!: number;
  @ToOne('Message', { by: 'lastMessageId' })
  lastMessage?: unknown;
  @ToMany('Message', {
    relation: 'session',
    arguments: () => MessageArguments,
    connection: () => MessageConnection,
    description: 'Oldest first; page backwards with last/before.',
  })
  messages!: unknown;
  @Column(() => String, { nullable: true })
  currentAgent?: string | null;
  @ToMany('AgentSwitch', {
    relation: 'session',
    arguments: () => ForwardArguments,
    connection: () => AgentSwitchConnection,
  })
  agentSwitches!: unknown;
  @ToMany('Approval', {
    relation: 'session',
    arguments: () => SessionApprovalArguments,
    connection: () => ApprovalConnection,
  })
  approvals!: unknown;
  @ToMany('ChatEvent', {
    relation: 'session',
    arguments: () => ForwardArguments,
    connection: () => ChatEventConnection,
  })
  events!: unknown;
  @Computed(() => UsageSummary, { needs: ['id'] })
  usage!: UsageSummary;
}
