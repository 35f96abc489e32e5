import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as newId } from 'uuid';
import { UserEntity } from '../../entities/auth/user.ts';
import { badInput } from '../../shared/errors.ts';
import type { Viewer } from '../identity/viewer.ts';
import { checkJson, checkNewId, checkRequiredText, checkText, isPossibleId } from '../writing/checks.ts';
import { databaseNow } from '../writing/statements.ts';
import type { Write } from '../writing/write.ts';
import { insertAuditLog } from './insert-audit-log.ts';

export interface AuditLogToRecord {
  readonly id?: string | null | undefined;
  readonly userId?: string | null | undefined;
  readonly clientId?: string | null | undefined;
  readonly eventType: string;
  readonly eventData?: unknown;
  readonly ipAddress?: string | null | undefined;
  readonly userAgent?: string | null | undefined;
  readonly success: boolean;
  readonly errorMessage?: string | null | undefined;
}

export interface AuditLogRecorded {
  readonly auditLogId: string;
}

/** The audit trail, as services that have something to report write to it. */
export class AuditService {
  readonly #write: Write;

  constructor(write: Write) {
    this.#write = write;
  }

  /** Who may is decided by the access table: only internal services and administrators get here. */
  async record(_viewer: Viewer, input: AuditLogToRecord): Promise<AuditLogRecorded> {
    checkAuditLog(input);
    const id = input.id ?? newId();
    return this.#write(async (em) => {
      await checkUserExists(em, input.userId);
      const createdAt = await databaseNow(em);
      await insertAuditLog(em, { ...entryOf(input), id, createdAt });
      return { auditLogId: id };
    });
  }
}

const entryOf = (input: AuditLogToRecord) => ({
  userId: input.userId ?? null,
  clientId: input.clientId ?? null,
  eventType: input.eventType,
  eventData: input.eventData ?? null,
  ipAddress: input.ipAddress ?? null,
  userAgent: input.userAgent ?? null,
  success: input.success,
  errorMessage: input.errorMessage ?? null,
});

function checkAuditLog(input: AuditLogToRecord): void {
  checkNewId('id', input.id);
  checkText('clientId', input.clientId, 255);
  checkRequiredText('eventType', input.eventType, 50);
  checkJson('eventData', input.eventData);
  checkText('ipAddress', input.ipAddress, 45);
  checkText('userAgent', input.userAgent);
  checkText('errorMessage', input.errorMessage);
}

async function checkUserExists(em: EntityManager, userId: string | null | undefined): Promise<void> {
  if (userId == null) return;
  const user = isPossibleId(userId) ? await em.findOne(UserEntity, { id: userId }) : null;
  if (user === null)
    throw badInput('`userId` is not the id of a user; leave it out where nobody is known.', { argument: 'userId' });
}
