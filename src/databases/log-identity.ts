import { sql } from '../shared/sql.ts';
import { keyIdOf } from '../shared/cursor-codec.ts';
import { CursorKeys, type CursorRealm } from '../shared/cursor-keys.ts';
import type { DatabaseName } from './database-name.ts';
import type { Database } from './database.ts';

/** What the cursors of one database's logs are made with; the same for every gateway, because it lives in the database. */
export interface LogIdentity {
  /** Tells this history of the database from another one with the same numbers. */
  readonly epoch: number;
  readonly keys: CursorKeys;
}

interface Known {
  readonly identity: Promise<LogIdentity>;
  readonly readAt: number;
}

const realms: Readonly<Record<DatabaseName, CursorRealm>> = { agentRuntime: 0, auth: 1 };

const known = new WeakMap<Database, Known>();

/** Keys change once in weeks, and another gateway may be the one that changes them. */
const freshMs = 60_000;
/** A cursor with a key that we do not know is worth a look, but not one look per guess. */
const lookAgainMs = 1_000;

/** Kept for a while; a failed read is tried again by the next caller. With a cursor: so fresh that its key is known. */
export async function logIdentityOf(database: Database, cursor: string | null = null): Promise<LogIdentity> {
  const identity = await identityNotOlderThan(database, freshMs);
  const keyId = cursor === null ? null : keyIdOf(cursor);
  if (keyId === null || typeof identity.keys.find(keyId) === 'object') return identity;
  return identityNotOlderThan(database, lookAgainMs);
}

function identityNotOlderThan(database: Database, maxAgeMs: number): Promise<LogIdentity> {
  const last = known.get(database);
  if (last !== undefined && performance.now() - last.readAt < maxAgeMs) return last.identity;
  const reading = readIdentity(database);
  // What is known stays good while the database is away.
  const identity = last === undefined ? reading : reading.catch(() => last.identity);
  known.set(database, { identity, readAt: performance.now() });
  identity.catch(() => known.delete(database));
  return identity;
}

async function readIdentity(database: Database): Promise<LogIdentity> {
  const rows = await database.query<{ epoch: number; id: string; secret: Buffer }>(
    sql`SELECT i.epoch, k.id::text AS id, k.secret FROM scrollback.log_identity AS i CROSS JOIN scrollback.cursor_keys AS k`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`scrollback.log_identity of ${database.name} is empty`);
  const keys = rows.map(({ id, secret }) => ({ id: Number(id), secret }));
  return { epoch: row.epoch, keys: new CursorKeys(realms[database.name], keys) };
}

/**
 * Makes a new key where the newest is older than `rotateAfterDays`, and retires those whose last cursors are older than
 * `lifetimeDays`. Any number of gateways may do it.
 */
export async function rotateCursorKeys(
  database: Database,
  { rotateAfterDays, lifetimeDays }: { rotateAfterDays: number; lifetimeDays: number },
): Promise<void> {
  await database.query(
    sql`SELECT scrollback.rotate_cursor_keys(make_interval(days => ${rotateAfterDays}), make_interval(days => ${lifetimeDays}))`,
  );
}
