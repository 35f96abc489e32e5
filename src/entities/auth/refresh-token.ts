import { defineEntity, p } from '@mikro-orm/core';
import { Moment } from '../moment.ts';

/** A refresh token, known by the SHA-256 of its `jti` only. */
export const RefreshTokenEntity = defineEntity({
  name: 'RefreshToken',
  tableName: 'refresh_tokens',
  properties: {
    id: p.string().primary(),
    jtiHash: p.string().lazy().hidden(),
    userId: p.string(),
    clientId: p.string(),
    scope: p.text(),
    expiresAt: p.type(Moment),
    revoked: p.boolean(),
    revokedAt: p.type(Moment).nullable(),
    parentJtiHash: p.string().nullable().lazy().hidden(),
    createdAt: p.type(Moment),
  },
});
