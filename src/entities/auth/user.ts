import { defineEntity, p } from '@mikro-orm/core';
import { Moment } from '../moment.ts';

/** A user of the platform. `tenantId`, `displayName`, `groups` and `isAdmin` are our columns. */
export const UserEntity = defineEntity({
  name: 'User',
  tableName: 'users',
  properties: {
    id: p.string().primary(),
    username: p.string(),
    email: p.string(),
    passwordHash: p.string().lazy().hidden(),
    isActive: p.boolean(),
    isVerified: p.boolean(),
    createdAt: p.type(Moment),
    updatedAt: p.type(Moment),
    lastLoginAt: p.type(Moment).nullable(),
    tenantId: p.string(),
    displayName: p.string().nullable(),
    groups: p.array(),
    isAdmin: p.boolean(),
  },
});
