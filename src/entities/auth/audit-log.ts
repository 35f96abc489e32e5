import { defineEntity, p } from '@mikro-orm/core';
import { Moment } from '../moment.ts';

/** One line of the audit trail; inserted, never changed. */
export const AuditLogEntity = defineEntity({
  name: 'AuditLog',
  tableName: 'audit_logs',
  properties: {
    id: p.string().primary(),
    userId: p.string().nullable(),
    clientId: p.string().nullable(),
    eventType: p.string(),
    eventData: p.json().nullable(),
    ipAddress: p.string().nullable(),
    userAgent: p.text().nullable(),
    success: p.boolean(),
    errorMessage: p.text().nullable(),
    createdAt: p.type(Moment),
  },
});
