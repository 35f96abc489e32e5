import sql from 'sql-template-tag';
import type { Database } from './database.ts';

/** What the cursors of one database's logs are made with; the same for every gateway, because it lives in the database. */
export interface LogIdentity {
  /** Tells this history of the database from another one with the same numbers. */
  readonly epoch: number;
  readonly cursorKey: Buffer;
}

const identities = new WeakMap<Database, Promise<LogIdentity>>();

/** Read once per process; a failed read is tried again by the next caller. */
export function logIdentityOf(database: Database): Promise<LogIdentity> {
  let identity = identities.get(database);
  if (identity === undefined) {
    identity = readIdentity(database);
    identity.catch(() => identities.delete(database));
    identities.set(database, identity);
  }
  return identity;
}

async function readIdentity(database: Database): Promise<LogIdentity> {
  const rows = await database.query<{ epoch: number; cursor_key: Buffer }>(
    sql`SELECT epoch, cursor_key FROM scrollback.log_identity`,
  );
  const row = rows[0];
  if (row === undefined) throw new Error(`scrollback.log_identity of ${database.name} is empty`);
  return { epoch: row.epoch, cursorKey: row.cursor_key };
}
