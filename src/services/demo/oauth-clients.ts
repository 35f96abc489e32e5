import type { EntityManager } from '@mikro-orm/postgresql';
import { OAuthClientEntity } from '../../entities/auth/oauth-client.ts';
import { unusablePasswordHash } from '../importing/unusable-password.ts';
import { insertIfNew } from '../writing/statements.ts';
import { demoId } from './demo-id.ts';
import { hoursAfter } from './times.ts';

export const appClientId = 'codelab-flutter-app';

const clients = [
  {
    clientId: appClientId,
    name: 'Codelab app',
    description: 'The app on phones and desktops',
    isConfidential: false,
    allowedScopes: 'api:read api:write',
    grantTypes: ['password', 'refresh_token'],
  },
  {
    clientId: 'codelab-internal',
    name: 'Internal services',
    description: 'Service to service',
    isConfidential: true,
    allowedScopes: 'api:admin api:read api:write',
    grantTypes: ['client_credentials'],
  },
];

export async function seedClients(em: EntityManager, now: Date): Promise<void> {
  const created = hoursAfter(now, -24 * 100);
  for (const { grantTypes, ...client } of clients) {
    await insertIfNew(em, OAuthClientEntity, {
      ...client,
      id: demoId(`client/${client.clientId}`),
      clientSecretHash: client.isConfidential ? unusablePasswordHash() : null,
      allowedGrantTypes: JSON.stringify(grantTypes),
      accessTokenLifetime: 900,
      refreshTokenLifetime: 2_592_000,
      isActive: true,
      createdAt: created,
      updatedAt: created,
    });
  }
}
