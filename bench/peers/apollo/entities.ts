import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

export const SessionEntity = defineEntity({
  name: 'Session',
  tableName: 'sessions',
  properties: {
    id: p.string().primary(),
    title: p.string().nullable(),
    lastActivity: p.datetime(),
    deletedAt: p.datetime().nullable(),
    userId: p.string().nullable(),
  },
});
export type Session = InferEntity<typeof SessionEntity>;

export const MessageEntity = defineEntity({
  name: 'Message',
  tableName: 'messages',
  properties: {
    id: p.string().primary(),
    sessionDbId: p.string(),
    role: p.string(),
    content: p.text().nullable(),
    timestamp: p.datetime(),
    toolCalls: p.text().nullable(),
  },
});
export type Message = InferEntity<typeof MessageEntity>;

/** Where a message stands in its session. */
export const LogEntryEntity = defineEntity({
  name: 'LogEntry',
  tableName: 'session_log',
  schema: 'scrollback',
  properties: {
    sessionId: p.string().primary(),
    number: p.integer().primary(),
    kind: p.string(),
    messageSequence: p.integer().nullable(),
    message: () => p.manyToOne(MessageEntity).joinColumn('subject_id'),
  },
});
export type LogEntry = InferEntity<typeof LogEntryEntity>;

export const ToolUsageEntity = defineEntity({
  name: 'ToolUsage',
  tableName: 'tool_usage',
  schema: 'scrollback',
  properties: {
    id: p.string().primary(),
    messageId: p.string(),
    callId: p.string().nullable(),
    toolName: p.string(),
    arguments: p.json().nullable(),
    executionTimeMs: p.integer().nullable(),
    createdAt: p.datetime(),
  },
});
export type ToolUsage = InferEntity<typeof ToolUsageEntity>;

export const UserEntity = defineEntity({
  name: 'User',
  tableName: 'users',
  properties: { id: p.string().primary(), username: p.string() },
});

export const AuditLogEntity = defineEntity({
  name: 'AuditLog',
  tableName: 'audit_logs',
  properties: {
    id: p.string().primary(),
    userId: p.string().nullable(),
    eventType: p.string(),
    eventData: p.json().nullable(),
    ipAddress: p.string().nullable(),
    userAgent: p.text().nullable(),
    success: p.boolean(),
    createdAt: p.datetime(),
  },
});
export type AuditLog = InferEntity<typeof AuditLogEntity>;

export const AuditEntryEntity = defineEntity({
  name: 'AuditEntry',
  tableName: 'audit_entries',
  schema: 'scrollback',
  properties: {
    number: p.integer().primary(),
    userId: p.string().nullable(),
    auditLog: () => p.manyToOne(AuditLogEntity).joinColumn('audit_log_id'),
  },
});
