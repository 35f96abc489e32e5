import type { DatabaseConfig } from '../config/database-config.ts';
import type { DatabaseDefinition } from '../databases/database.ts';
import { connected } from './connected.ts';

export interface PendingMigrations {
  readonly pending: readonly string[];
  readonly done: readonly string[];
  /** Whether there is no table at all, neither of ours nor of anybody else's. */
  readonly isEmpty: boolean;
  /** Whether the role could run them. */
  readonly mayCreate: boolean;
}

/** Looks only: on a database that was never migrated nothing is created. */
export async function pendingMigrations(
  definition: DatabaseDefinition,
  config: DatabaseConfig,
): Promise<PendingMigrations> {
  return connected(config, async (client) => {
    const { rows } = await client.query<{ there: boolean; isEmpty: boolean; mayCreate: boolean }>(
      `SELECT to_regclass('scrollback.migrations') IS NOT NULL AS there,
         NOT EXISTS (SELECT FROM pg_tables WHERE schemaname IN ('public', 'scrollback')) AS "isEmpty",
         has_database_privilege(current_database(), 'CREATE') AS "mayCreate"`,
    );
    const executed =
      rows[0]?.there === true ? await client.query<{ name: string }>('SELECT name FROM scrollback.migrations') : null;
    const done = executed?.rows.map(({ name }) => name) ?? [];
    const pending = definition.migrations.map(({ name }) => name).filter((name) => !done.includes(name));
    return { pending, done, isEmpty: rows[0]?.isEmpty === true, mayCreate: rows[0]?.mayCreate === true };
  });
}
