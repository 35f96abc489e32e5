import { sql } from '../../shared/sql.ts';
import { refreshTokenVisible } from '../identity/visibility.ts';
import type { Source } from '../reading/source.ts';

/** Refresh tokens as facts about a login; neither the token nor its hash is a column here. */
export const refreshTokenSource: Source = {
  name: 'refreshTokens',
  database: 'auth',
  from: 'public.refresh_tokens AS t',
  key: 't.id',
  columns: {
    id: 't.id',
    clientKey: '(SELECT c.id FROM public.oauth_clients AS c WHERE c.client_id = t.client_id)',
    scopes: `array_remove(regexp_split_to_array(t.scope, '\\s+'), '')`,
    createdAt: 't.created_at',
    expiresAt: 't.expires_at',
    revokedAt: 't.revoked_at',
    isActive: 'NOT t.revoked AND t.expires_at > now()',
  },
  visible: refreshTokenVisible,
  relations: { user: 't.user_id' },
  orders: {
    createdAt: {
      keys: [
        { sql: 't.created_at', type: 'timestamptz' },
        { sql: 't.id', type: 'text' },
      ],
      descending: true,
    },
  },
  defaultOrder: 'createdAt',
  filters: { activeOnly: (value: boolean) => sql`(NOT ${value} OR (NOT t.revoked AND t.expires_at > now()))` },
};
