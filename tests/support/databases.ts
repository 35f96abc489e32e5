import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { databaseConfigOf } from '../../src/config/database-url.ts';
import type { DatabaseConfig } from '../../src/config/database-config.ts';
import { Database } from '../../src/databases/database.ts';
import { agentRuntimeDefinition, authDefinition } from '../../src/databases/definitions.ts';
import type { Databases } from '../../src/services/reading/reader.ts';
import { testLog } from './log.ts';

export interface TestDatabases {
  /** As the gateway has them, with its role's rights. */
  readonly databases: Databases;
  /** Plain SQL as the tables' owner, the way the services of the field write. */
  readonly service: { readonly agentRuntime: pg.Pool; readonly auth: pg.Pool };
  readonly roads: Readonly<
    Record<'agentRuntime' | 'auth', { readonly gateway: DatabaseConfig; readonly owner: DatabaseConfig }>
  >;
  /** URLs of the gateway role, for programs. */
  readonly urls: { readonly agentRuntime: string; readonly auth: string };
  close(): Promise<void>;
}

/** TEST_ROW_SECURITY=true runs all tests behind row-level security. */
export const withRowSecurity = process.env['TEST_ROW_SECURITY'] === 'true';

/** Two fresh databases, cloned from migrated ones in a fraction of a second; `migrated: false` gives empty ones. */
export async function testDatabases(
  options: { migrated?: boolean; rowSecurity?: boolean } = {},
): Promise<TestDatabases> {
  const suffix = randomBytes(6).toString('hex');
  const names = { agentRuntime: `agent_runtime_${suffix}`, auth: `auth_db_${suffix}` };
  const migrated = options.migrated ?? true;
  await createDatabase(names.agentRuntime, migrated ? 'template_agent_runtime' : 'template1');
  await createDatabase(names.auth, migrated ? 'template_auth_db' : 'template1');
  const roads = { agentRuntime: roadsTo(names.agentRuntime), auth: roadsTo(names.auth) };
  const rowSecurity = options.rowSecurity ?? (migrated && withRowSecurity);
  const databases = {
    agentRuntime: Database.open(agentRuntimeDefinition, roads.agentRuntime.gateway, testLog(), { rowSecurity }),
    auth: Database.open(authDefinition, roads.auth.gateway, testLog(), { rowSecurity }),
  };
  const service = { agentRuntime: poolOf(roads.agentRuntime.owner), auth: poolOf(roads.auth.owner) };
  return {
    databases,
    service,
    roads,
    urls: { agentRuntime: urlOf('gateway', names.agentRuntime), auth: urlOf('gateway', names.auth) },
    async close() {
      await Promise.all([
        databases.agentRuntime.close(),
        databases.auth.close(),
        service.agentRuntime.end(),
        service.auth.end(),
      ]);
      await asSuperuser(`DROP DATABASE ${names.agentRuntime} WITH (FORCE)`, `DROP DATABASE ${names.auth} WITH (FORCE)`);
    },
  };
}

/** As a gateway does that looks for changes: messages get their numbers behind the commit. */
export async function numberMessages(client: Pick<pg.ClientBase, 'query'>): Promise<void> {
  await client.query('SELECT scrollback.number_messages(100000)');
}

const urlOf = (role: 'gateway' | 'owner' | 'superuser', database: string): string =>
  inject('testServer')[role].replace('%s', database);

const roadsTo = (database: string): TestDatabases['roads']['auth'] => ({
  gateway: databaseConfigOf(urlOf('gateway', database), database),
  owner: databaseConfigOf(urlOf('owner', database), database),
});

function poolOf(config: DatabaseConfig): pg.Pool {
  const pool = new pg.Pool({ ...config, max: 16 });
  // Databases are dropped with force, under connections that idle in a pool.
  pool.on('error', () => undefined);
  return pool;
}

async function createDatabase(name: string, template: string): Promise<void> {
  await asSuperuser(
    `CREATE DATABASE ${name} TEMPLATE ${template} OWNER scrollback_owner`,
    `GRANT CONNECT ON DATABASE ${name} TO scrollback_gateway`,
  );
}

async function asSuperuser(...statements: string[]): Promise<void> {
  const client = new pg.Client(urlOf('superuser', 'postgres'));
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
