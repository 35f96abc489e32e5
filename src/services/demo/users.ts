import type { EntityManager } from '@mikro-orm/postgresql';
import { UserEntity } from '../../entities/auth/user.ts';
import { unusablePasswordHash } from '../importing/unusable-password.ts';
import { insertIfNew } from '../writing/statements.ts';
import { demoId } from './demo-id.ts';
import { demoUsers, type DemoUser } from './demo-users.ts';
import type { StageUser } from './stage.ts';
import { hoursAfter } from './times.ts';

/** Adds the missing people; somebody who has the name already plays the part. */
export async function seedUsers(
  em: EntityManager,
  now: Date,
): Promise<{ users: ReadonlyMap<string, StageUser>; added: number }> {
  const inserted = [];
  for (const user of demoUsers) inserted.push(await insertIfNew(em, UserEntity, rowOf(user, now)));
  const rows = await em.find(UserEntity, { username: { $in: demoUsers.map(({ username }) => username) } });
  const users = new Map(rows.map(({ username, id, tenantId }) => [username, { id, tenantId }]));
  return { users, added: inserted.filter(Boolean).length };
}

function rowOf(user: DemoUser, now: Date) {
  const joined = hoursAfter(now, -24 * user.joinedDaysAgo);
  return {
    id: demoId(`user/${user.username}`),
    username: user.username,
    email: `${user.username}@example.com`,
    passwordHash: unusablePasswordHash(),
    isActive: true,
    isVerified: true,
    createdAt: joined,
    updatedAt: joined,
    lastLoginAt: hoursAfter(now, -2),
    tenantId: user.tenantId,
    displayName: user.displayName,
    groups: [...user.groups],
    isAdmin: user.isAdmin,
  };
}
