import sql, { type Sql } from 'sql-template-tag';
import type { Database } from '../../src/databases/database.ts';
import { viewerOf, type Viewer } from '../../src/services/identity/viewer.ts';
import type { Databases } from '../../src/services/reading/reader.ts';
import { createServices, type Services } from '../../src/services/services.ts';
import { silentLog } from '../../src/shared/log.ts';
import { testDatabases } from './databases.ts';

/** What the tests of the write side share: services on databases of their own, and who uses them. */
export interface Writes {
  readonly databases: Databases;
  readonly services: Services;
  /** Names of the databases in which something was committed. */
  readonly written: string[];
  readonly close: () => Promise<void>;
}

export async function openWrites(sessionLifetimeSeconds: number | null = null): Promise<Writes> {
  const { databases, close } = await testDatabases();
  const written: string[] = [];
  const services = createServices({
    databases,
    sessionLifetimeSeconds,
    log: silentLog(),
    written: (database) => written.push(database),
  });
  return { databases, services, written, close };
}

const scopes = ['api:read', 'api:write'];

export const alice = viewerOf({ userId: 'alice', scopes });
export const bob = viewerOf({ userId: 'bob', scopes });
/** A user of another tenant. */
export const carol = viewerOf({ userId: 'carol', tenantId: 'other', scopes });
export const tenantAdmin = viewerOf({ userId: 'tess', scopes: [...scopes, 'tenant:admin'] });
export const administrator = viewerOf({ userId: 'adam', scopes: [...scopes, 'api:admin'] });
export const internal = viewerOf({ userId: null, scopes: [...scopes, 'api:admin', 'audit:read'] });

const userIds = [alice, bob, carol, tenantAdmin, administrator].map((viewer): [string, Viewer] => [
  String(viewer.userId),
  viewer,
]);

export async function insertUsers(databases: Databases): Promise<void> {
  for (const [id, { tenantId }] of userIds) {
    await asOwner(
      databases.auth,
      sql`INSERT INTO users (id, username, email, password_hash, tenant_id) VALUES (${id}, ${id}, ${`${id}@example.org`}, 'x', ${tenantId})`,
    );
  }
}

/** For what the gateway's role may not do and other services do. */
export async function asOwner(database: Database, statement: Sql): Promise<void> {
  await database.transaction(async (em) => {
    await em.execute('SET LOCAL ROLE NONE');
    await em.execute(statement.sql, statement.values);
  });
}

export async function rowsOf<Row extends object>(database: Database, statement: Sql): Promise<Row[]> {
  return database.query<Row>(statement);
}

/** The kinds of the events that the session's log has. */
export async function loggedKinds(databases: Databases, sessionId: string): Promise<string[]> {
  const rows = await databases.agentRuntime.query<{ kind: string }>(
    sql`SELECT kind FROM scrollback.session_log WHERE session_id = ${sessionId} ORDER BY number`,
  );
  return rows.map((row) => row.kind);
}

/** Moves a session's last activity so far into the past. */
export async function rest(databases: Databases, sessionId: string, seconds: number): Promise<void> {
  await databases.agentRuntime.query(
    sql`UPDATE sessions SET last_activity = last_activity - make_interval(secs => ${seconds}) WHERE id = ${sessionId}`,
  );
}
