import sql from 'sql-template-tag';
import type { Database } from '../databases/database.ts';
import { StartupError } from '../shared/errors.ts';

export interface FoundUser {
  readonly id: string;
  readonly username: string;
  readonly tenantId: string;
  readonly isActive: boolean;
  readonly isAdmin: boolean;
}

/** The user with this name or, failing that, this id. */
export async function findUser(auth: Database, nameOrId: string): Promise<FoundUser | null> {
  try {
    const [user] = await auth.query<FoundUser>(sql`
      SELECT id, username, tenant_id AS "tenantId", is_active AS "isActive", is_admin AS "isAdmin"
      FROM public.users WHERE username = ${nameOrId} OR id = ${nameOrId}
      ORDER BY username = ${nameOrId} DESC LIMIT 1`);
    return user ?? null;
  } catch (error) {
    if (isMissingTable(error)) throw notMigrated(error);
    throw error;
  }
}

/** SQLSTATE of a table, column or schema that is not there. */
const missing = new Set(['42P01', '42703', '3F000']);

const isMissingTable = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && missing.has(String(error.code));

const notMigrated = (cause: unknown): StartupError =>
  new StartupError(
    'The identity database (auth_db) has not got its tables yet. Run `scrollback migrate` first.',
    cause,
  );
