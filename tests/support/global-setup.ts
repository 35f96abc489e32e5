import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { databaseConfigOf } from '../../src/config/database-url.ts';
import type { DatabaseConfig } from '../../src/config/database-config.ts';
import { Database, type DatabaseDefinition } from '../../src/databases/database.ts';
import { agentRuntimeDefinition, authDefinition } from '../../src/databases/definitions.ts';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/databases/embedded/embedded-postgres.ts';
import { migrate } from '../../src/databases/migrate.ts';
import { enableRowSecurity } from '../../src/databases/row-security/switch.ts';
import { silentLog } from '../../src/shared/log.ts';

/** URLs of the test server, with %s for the database. */
export interface TestServer {
  readonly gateway: string;
  readonly owner: string;
  readonly superuser: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    testServer: TestServer;
  }
}

interface Running {
  readonly server: EmbeddedPostgres;
  readonly folder: string;
}

let running: Promise<Running> | undefined;
let users = 0;

/** One PostgreSQL for all test files of all projects; both databases are migrated once, tests get clones. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  users += 1;
  running ??= start();
  const { server } = await running;
  project.provide('testServer', {
    gateway: server.url('%s', 'gateway'),
    owner: server.url('%s', 'owner'),
    superuser: server.url('%s', 'superuser'),
  });
  return async () => {
    users -= 1;
    if (users > 0) return;
    const { server: last, folder } = await (running as Promise<Running>);
    running = undefined;
    await last.stop();
    await rm(folder, { recursive: true, force: true });
  };
}

async function start(): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'scrollback-test-'));
  // Passable for PostgreSQL's own user, so that the cluster is made here and goes with the folder.
  await chmod(folder, 0o711);
  const server = await startEmbeddedPostgres({ dataFolder: join(folder, 'data'), log: silentLog(), durable: false });
  for (const definition of [agentRuntimeDefinition, authDefinition]) {
    const database = definition.name === 'auth' ? 'auth_db' : 'agent_runtime';
    const owner = databaseConfigOf(server.url(database, 'owner'), database);
    await migrate(definition, owner, silentLog());
    if (process.env['TEST_ROW_SECURITY'] === 'true') await switchOn(definition, owner);
  }
  await allowClones(server);
  return { server, folder };
}

async function switchOn(definition: DatabaseDefinition, config: DatabaseConfig): Promise<void> {
  const owner = Database.open(definition, config, silentLog());
  await enableRowSecurity(owner);
  await owner.close();
}

/** The owner may not create databases; the superuser clones them and needs no connection left on the templates. */
async function allowClones(server: EmbeddedPostgres): Promise<void> {
  const client = new pg.Client(server.url('postgres', 'superuser'));
  await client.connect();
  await client.query(`ALTER DATABASE agent_runtime RENAME TO template_agent_runtime`);
  await client.query(`ALTER DATABASE auth_db RENAME TO template_auth_db`);
  await client.end();
}
