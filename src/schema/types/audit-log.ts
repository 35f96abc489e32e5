import { Column, SourceType, ToOne } from '../declarations.ts';
import { DateTime, JSONValue } from '../scalars.ts';

@SourceType('auditLogs')
export class AuditLog {
  id!: string;
  @ToOne('User', { by: 'userId' })
  user?: unknown;
  @Column(() => String, { nullable: true })
  clientId?: string | null;
  @Column(() => String)
  eventType!: string;
  @Column(() => JSONValue, { nullable: true })
  eventData?: unknown;
  @Column(() => String, { nullable: true })
  ipAddress?: string | null;
  @Column(() => String, { nullable: true })
  userAgent?: string | null;
  @Column(() => Boolean)
  success!: boolean;
  @Column(() => String, { nullable: true })
  errorMessage?: string | null;
  @Column(() => DateTime)
  createdAt!: Date;
}
