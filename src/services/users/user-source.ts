import { sql } from '../../shared/sql.ts';
import { userVisible } from '../identity/visibility.ts';
import type { Source } from '../reading/source.ts';

/** Users without their password hashes: what is not a column here cannot be read by any query. */
export const userSource: Source = {
  name: 'users',
  database: 'auth',
  from: 'public.users AS u',
  key: 'u.id',
  columns: {
    id: 'u.id',
    username: 'u.username',
    displayName: 'u.display_name',
    email: 'u.email',
    groups: 'array_remove(u.groups, NULL)',
    tenantId: 'u.tenant_id',
    isActive: 'u.is_active',
    isVerified: 'u.is_verified',
    isAdmin: 'u.is_admin',
    createdAt: 'u.created_at',
    lastLoginAt: 'u.last_login_at',
  },
  visible: userVisible,
  orders: {
    username: {
      keys: [
        { sql: 'u.username', type: 'text' },
        { sql: 'u.id', type: 'text' },
      ],
      descending: false,
    },
    createdAt: {
      keys: [
        { sql: 'u.created_at', type: 'timestamptz' },
        { sql: 'u.id', type: 'text' },
      ],
      descending: true,
    },
  },
  defaultOrder: 'username',
  filters: {
    search: (value: string) =>
      sql`strpos(lower(concat_ws(E'\\n', u.username, u.display_name, u.email)), lower(${value})) > 0`,
    isActive: (value: boolean) => sql`u.is_active = ${value}`,
    isAdmin: (value: boolean) => sql`u.is_admin = ${value}`,
    tenantId: (value: string) => sql`u.tenant_id = ${value}`,
  },
};
