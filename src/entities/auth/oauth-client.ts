import { defineEntity, p } from '@mikro-orm/core';
import { Moment } from '../moment.ts';

export const OAuthClientEntity = defineEntity({
  name: 'OAuthClient',
  tableName: 'oauth_clients',
  properties: {
    id: p.string().primary(),
    clientId: p.string(),
    clientSecretHash: p.string().nullable().lazy().hidden(),
    name: p.string(),
    description: p.text().nullable(),
    isConfidential: p.boolean(),
    allowedScopes: p.text(),
    allowedGrantTypes: p.text(),
    accessTokenLifetime: p.integer(),
    refreshTokenLifetime: p.integer(),
    isActive: p.boolean(),
    createdAt: p.type(Moment),
    updatedAt: p.type(Moment),
  },
});
