import { defineEntity, p } from '@mikro-orm/core';

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
    expiresAt: p.datetime(),
    revoked: p.boolean(),
    revokedAt: p.datetime().nullable(),
    parentJtiHash: p.string().nullable().lazy().hidden(),
    createdAt: p.datetime(),
  },
});
