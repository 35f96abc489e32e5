import { AuditLogArguments, RefreshTokenArguments, SessionArguments } from '../arguments/list-arguments.ts';
import { AuditLogConnection, RefreshTokenConnection, SessionConnection } from '../connections.ts';
import { Column, Computed, SourceType, ToMany } from '../declarations.ts';
import { DateTime } from '../scalars.ts';
import { UsageSummary } from './usage-summary.ts';

@SourceType('users')
export class User {
  id!: string;
  @Column(() => String)
  username!: string;
  @Column(() => String, { nullable: true })
  displayName?: string | null;
  @Column(() => String, { nullable: true })
  email?: string | null;
  @Column(() => [String])
  groups!: string[];
  @Column(() => Boolean)
  isActive!: boolean;
  @Column(() => Boolean)
  isVerified!: boolean;
  @Column(() => Boolean)
  isAdmin!: boolean;
  @Column(() => DateTime)
  createdAt!: Date;
  @Column(() => DateTime, { nullable: true })
  lastLoginAt?: Date | null;
  @ToMany('Session', { relation: 'owner', arguments: () => SessionArguments, connection: () => SessionConnection })
  sessions!: unknown;
  @ToMany('AuditLog', { relation: 'user', arguments: () => AuditLogArguments, connection: () => AuditLogConnection })
  auditLogs!: unknown;
  @ToMany('RefreshToken', {
    relation: 'user',
    arguments: () => RefreshTokenArguments,
    connection: () => RefreshTokenConnection,
    description: 'Never the token or its hash.',
  })
  refreshTokens!: unknown;
  @Computed(() => UsageSummary, { needs: ['id'] })
  usage!: UsageSummary;
}
