import { sql } from '../../shared/sql.ts';
import type { Source } from '../reading/source.ts';

/** Applications that may ask for tokens. They belong to the platform, not to a user: whoever has a token may know their names. */
export const oauthClientSource: Source = {
  name: 'oauthClients',
  database: 'auth',
  from: 'public.oauth_clients AS c',
  key: 'c.id',
  columns: {
    id: 'c.id',
    clientId: 'c.client_id',
    name: 'c.name',
    description: 'c.description',
    isConfidential: 'c.is_confidential',
    allowedScopes: `array_remove(regexp_split_to_array(c.allowed_scopes, '\\s+'), '')`,
    allowedGrantTypesText: 'c.allowed_grant_types',
    isActive: 'c.is_active',
    createdAt: 'c.created_at',
  },
  visible: () => sql`TRUE`,
  orders: { clientId: { keys: [{ sql: 'c.client_id', type: 'text' }], descending: false } },
  defaultOrder: 'clientId',
};
