import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { RecordAuditLogInput } from '../../schema/inputs/record-audit-log-input.ts';
import { RecordAuditLogPayload } from '../../schema/payloads/record-audit-log-payload.ts';
import type { AuditLogRecorded } from '../../services/audit/audit-service.ts';
import type { OperationContext } from '../context.ts';

@Resolver()
export class RecordAuditLog {
  @Mutation(() => RecordAuditLogPayload, {
    description: 'For the auth service and its like: adds an entry to the audit trail.',
  })
  recordAuditLog(
    @Arg('input', () => RecordAuditLogInput) input: RecordAuditLogInput,
    @Ctx() context: OperationContext,
  ): Promise<AuditLogRecorded> {
    return context.services.audit.record(context.viewer, input);
  }
}
