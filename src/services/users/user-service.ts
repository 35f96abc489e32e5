import { LockMode, type Loaded } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { empty, join, raw, type Sql, sql } from '../../shared/sql.ts';
import { UserEntity } from '../../entities/auth/user.ts';
import { badInput, notFound, ScrollbackError } from '../../shared/errors.ts';
import { auditAction } from '../audit/insert-audit-log.ts';
import type { Viewer } from '../identity/viewer.ts';
import { refreshTokenVisible, userVisible } from '../identity/visibility.ts';
import { checkText, isPossibleId } from '../writing/checks.ts';
import { databaseNow, run, where } from '../writing/statements.ts';
import type { Write } from '../writing/write.ts';

export interface TokensToRevoke {
  readonly userId?: string | null | undefined;
  readonly clientId?: string | null | undefined;
  readonly tokenIds?: readonly string[] | null | undefined;
}

export interface RefreshTokensRevoked {
  readonly userId: string;
  readonly revokedCount: number;
}

export interface UserWritten {
  readonly userId: string;
}

type User = Loaded<InstanceType<typeof UserEntity.class>>;

/** What may be changed about users and their logins; each change and its audit entry are one transaction. */
export class UserService {
  readonly #write: Write;

  constructor(write: Write) {
    this.#write = write;
  }

  async revokeRefreshTokens(viewer: Viewer, input: TokensToRevoke): Promise<RefreshTokensRevoked> {
    checkText('clientId', input.clientId);
    const userId = input.userId ?? viewer.userId;
    if (userId === null) throw badInput('Say whose tokens: `userId` is missing.', { argument: 'userId' });
    return this.#write(async (em) => {
      const user = await lockUser(em, viewer, userId);
      const now = await databaseNow(em);
      const revoked = await run<{ id: string }>(em, revocation(viewer, user.id, input, now));
      if (revoked.length > 0) {
        const eventData = { userId, clientId: input.clientId ?? null, tokenIds: revoked.map((token) => token.id) };
        await auditAction(em, viewer, { eventType: 'token_revoke', eventData }, now);
      }
      return { userId, revokedCount: revoked.length };
    });
  }

  async setActive(
    viewer: Viewer,
    input: { readonly userId: string; readonly isActive: boolean },
  ): Promise<UserWritten> {
    const { userId, isActive } = input;
    if (userId === viewer.userId && !isActive) throw ownAccount();
    return this.#write(async (em) => {
      const user = await lockUser(em, viewer, userId);
      if (user.isActive !== isActive) {
        const now = await databaseNow(em);
        user.isActive = isActive;
        user.updatedAt = now;
        const eventType = isActive ? 'user_activated' : 'user_deactivated';
        await auditAction(em, viewer, { eventType, eventData: { userId } }, now);
      }
      return { userId };
    });
  }
}

const ownAccount = (): ScrollbackError =>
  new ScrollbackError('CONFLICT', 'Nobody can deactivate their own account; another administrator can.', {
    reason: 'OWN_ACCOUNT',
  });

/** Locked first by whatever changes a user or their tokens, so that two of them cannot wait for each other. */
async function lockUser(em: EntityManager, viewer: Viewer, userId: string): Promise<User> {
  const visible = where(
    (alias) => sql`EXISTS (SELECT FROM public.users AS u WHERE u.id = ${raw(alias)}.id AND ${userVisible(viewer)})`,
  );
  const user = isPossibleId(userId)
    ? await em.findOne(UserEntity, { id: userId, ...visible }, { lockMode: LockMode.PESSIMISTIC_WRITE })
    : null;
  if (user === null) throw notFound('The user');
  return user;
}

function revocation(viewer: Viewer, userId: string, { clientId, tokenIds }: TokensToRevoke, now: Date): Sql {
  const ofClient = clientId == null ? empty : sql` AND t.client_id = ${clientId}`;
  const chosen = tokenIds == null ? empty : sql` AND ${oneOf(tokenIds.filter(isPossibleId))}`;
  return sql`UPDATE public.refresh_tokens AS t SET revoked = true, revoked_at = ${now}
    WHERE t.user_id = ${userId} AND NOT t.revoked AND ${refreshTokenVisible(viewer)}${ofClient}${chosen} RETURNING t.id`;
}

const oneOf = (ids: readonly string[]): Sql => (ids.length === 0 ? sql`FALSE` : sql`t.id IN (${join([...ids])})`);
