import { sql } from '../../src/shared/sql.ts';
import type { Databases } from '../../src/services/reading/reader.ts';
import { viewerOf } from '../../src/services/identity/viewer.ts';
import { createServices, type Services } from '../../src/services/services.ts';
import { silentLog } from '../../src/shared/log.ts';
import { testDatabases, type TestDatabases } from './databases.ts';

/** What the tests of the write side share: services on databases of their own, and who uses them. */
export interface Writes {
  readonly databases: Databases;
  readonly services: Services;
  /** The tables' owner, for what the gateway's role may not do and other services do. */
  readonly service: TestDatabases['service'];
  /** The gateway's road to the database of conversations. */
  readonly road: TestDatabases['roads']['agentRuntime']['gateway'];
  /** Names of the databases in which something was committed. */
  readonly written: string[];
  readonly close: () => Promise<void>;
}

export async function openWrites(sessionLifetimeSeconds: number | null = null): Promise<Writes> {
  const test = await testDatabases();
  const written: string[] = [];
  const services = createServices({
    databases: test.databases,
    sessionLifetimeSeconds,
    log: silentLog(),
    written: (database) => written.push(database),
  });
  return {
    databases: test.databases,
    services,
    service: test.service,
    road: test.roads.agentRuntime.gateway,
    written,
    close: () => test.close(),
  };
}

const scopes = ['api:read', 'api:write'];

export const alice = viewerOf({ userId: 'alice', scopes });
export const bob = viewerOf({ userId: 'bob', scopes });
/** A user of another tenant. */
export const carol = viewerOf({ userId: 'carol', tenantId: 'other', scopes });
export const tenantAdmin = viewerOf({ userId: 'tess', scopes: [...scopes, 'tenant:admin'] });
export const administrator = viewerOf({ userId: 'adam', scopes: [...scopes, 'api:admin'] });
export const internal = viewerOf({ userId: null, scopes: [...scopes, 'api:admin', 'audit:read'] });

export async function insertUsers({ service }: Writes): Promise<void> {
  for (const { userId, tenantId } of [alice, bob, carol, tenantAdmin, administrator]) {
    await service.auth.query(
      sql`INSERT INTO users (id, username, email, password_hash, tenant_id)
        VALUES (${userId}, ${userId}, ${`${userId}@example.org`}, 'x', ${tenantId})`,
    );
  }
}

/** The kinds of the events that the session's log has. */
export async function loggedKinds({ databases }: Writes, sessionId: string): Promise<string[]> {
  const rows = await databases.agentRuntime.query<{ kind: string }>(
    sql`SELECT kind FROM scrollback.session_log WHERE session_id = ${sessionId} ORDER BY number`,
  );
  return rows.map((row) => row.kind);
}

/** Moves a session's last activity so far into the past. */
export async function rest({ databases }: Writes, sessionId: string, seconds: number): Promise<void> {
  await databases.agentRuntime.query(
    sql`UPDATE sessions SET last_activity = last_activity - make_interval(secs => ${seconds}) WHERE id = ${sessionId}`,
  );
}
