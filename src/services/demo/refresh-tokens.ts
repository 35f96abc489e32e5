import { createHash } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import { RefreshTokenEntity } from '../../entities/auth/refresh-token.ts';
import { insertIfNew } from '../writing/statements.ts';
import { demoId } from './demo-id.ts';
import { appClientId } from './oauth-clients.ts';
import type { StageUser } from './stage.ts';
import { hoursAfter } from './times.ts';

const lifetimeHours = 24 * 30;
const hashOf = (name: string): string => createHash('sha256').update(demoId(name)).digest('hex');

/** Hours ago at which each of somebody's tokens was issued; each replaces the one before it. */
const rotations: Readonly<Record<string, readonly number[]>> = {
  demo: [170, 74, 2],
  irina: [51],
  marco: [22],
};

/** Their texts were never made, so nobody can use them. */
export async function seedRefreshTokens(
  em: EntityManager,
  users: ReadonlyMap<string, StageUser>,
  now: Date,
): Promise<void> {
  for (const [username, issuedHoursAgo] of Object.entries(rotations)) {
    const user = users.get(username);
    if (user !== undefined) await seedRotation(em, username, user.id, issuedHoursAgo, now);
  }
}

async function seedRotation(
  em: EntityManager,
  username: string,
  userId: string,
  issuedHoursAgo: readonly number[],
  now: Date,
): Promise<void> {
  for (const [index, hoursAgo] of issuedHoursAgo.entries()) {
    const name = `refresh-token/${username}/${index}`;
    const createdAt = hoursAfter(now, -hoursAgo);
    const replacedHoursAgo = issuedHoursAgo[index + 1];
    await insertIfNew(em, RefreshTokenEntity, {
      id: demoId(name),
      jtiHash: hashOf(name),
      userId,
      clientId: appClientId,
      scope: 'api:read api:write',
      expiresAt: hoursAfter(createdAt, lifetimeHours),
      revoked: replacedHoursAgo !== undefined,
      revokedAt: replacedHoursAgo === undefined ? null : hoursAfter(now, -replacedHoursAgo),
      parentJtiHash: index === 0 ? null : hashOf(`refresh-token/${username}/${index - 1}`),
      createdAt,
    });
  }
}
