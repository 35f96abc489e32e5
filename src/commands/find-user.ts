import { sql } from '../shared/sql.ts';
import type { Database } from '../databases/database.ts';

export interface FoundUser {
  readonly id: string;
  readonly username: string;
  readonly tenantId: string;
  readonly isActive: boolean;
  readonly isAdmin: boolean;
}

/** The user with this name or, failing that, this id. */
export async function findUser(auth: Database, nameOrId: string): Promise<FoundUser | null> {
  const [user] = await auth.query<FoundUser>(sql`
    SELECT id, username, tenant_id AS "tenantId", is_active AS "isActive", is_admin AS "isAdmin"
    FROM public.users WHERE username = ${nameOrId} OR id = ${nameOrId}
    ORDER BY username = ${nameOrId} DESC LIMIT 1`);
  return user ?? null;
}
