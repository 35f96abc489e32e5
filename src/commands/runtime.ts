import type { Config, ExternalDatabase } from '../config/config.ts';
import type { DatabaseConfig } from '../config/database-config.ts';
import { databaseConfigOf } from '../config/database-url.ts';
import { settleTls } from '../config/settle-tls.ts';
import { Database, type DatabaseDefinition } from '../databases/database.ts';
import { agentRuntimeDefinition, authDefinition } from '../databases/definitions.ts';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../databases/embedded/embedded-postgres.ts';
import { runningEmbeddedPostgres } from '../databases/embedded/running.ts';
import type { Databases } from '../services/reading/reader.ts';
import type { Log } from '../shared/log.ts';

/** How one database is reached: by the gateway, by its owner for migrations, past a pooler, and where it is only read. */
export interface Roads {
  readonly definition: DatabaseDefinition;
  readonly main: DatabaseConfig;
  readonly owner: DatabaseConfig;
  readonly direct: DatabaseConfig;
  readonly replica: DatabaseConfig | null;
  readonly embedded: boolean;
}

/** The databases a command works on: embedded ones are started for it and stopped after it. */
export interface Runtime {
  readonly roads: Readonly<Record<'agentRuntime' | 'auth', Roads>>;
  readonly databases: Databases;
  close(): Promise<void>;
}

export interface RuntimeOptions {
  /** For commands that work while a gateway runs: its embedded server is used, and stays up. */
  readonly besideGateway?: boolean;
}

export async function openRuntime(config: Config, log: Log, options: RuntimeOptions = {}): Promise<Runtime> {
  const { agentRuntime, authService, limits, rowSecurity } = config.databases;
  const needsEmbedded = agentRuntime === null || authService === null;
  const embedded = needsEmbedded ? await openEmbedded(config.dataFolder, log, options) : null;
  const embeddedRoads = (definition: DatabaseDefinition, database: 'agent_runtime' | 'auth_db'): Roads => {
    if (embedded === null) throw new Error(`${database} is neither embedded nor external`);
    const roadOf = (role: 'owner' | 'gateway'): DatabaseConfig =>
      databaseConfigOf(embedded.url(database, role), database, limits);
    const [main, owner] = [roadOf('gateway'), roadOf('owner')];
    return { definition, main, owner, direct: main, replica: null, embedded: true };
  };
  try {
    const roads = {
      agentRuntime:
        agentRuntime === null
          ? embeddedRoads(agentRuntimeDefinition, 'agent_runtime')
          : await externalRoads(agentRuntimeDefinition, agentRuntime),
      auth:
        authService === null
          ? embeddedRoads(authDefinition, 'auth_db')
          : await externalRoads(authDefinition, authService),
    };
    const databases = {
      agentRuntime: Database.open(agentRuntimeDefinition, roads.agentRuntime.main, log, {
        replica: roads.agentRuntime.replica,
        rowSecurity,
      }),
      auth: Database.open(authDefinition, roads.auth.main, log, { replica: roads.auth.replica, rowSecurity }),
    };
    return {
      roads,
      databases,
      async close() {
        await Promise.all([databases.agentRuntime.close(), databases.auth.close()]);
        await embedded?.stop();
      },
    };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

async function openEmbedded(
  dataFolder: string,
  log: Log,
  { besideGateway = false }: RuntimeOptions,
): Promise<EmbeddedPostgres> {
  const running = besideGateway ? await runningEmbeddedPostgres({ dataFolder }) : null;
  return running ?? startEmbeddedPostgres({ dataFolder, log });
}

async function externalRoads(definition: DatabaseDefinition, external: ExternalDatabase): Promise<Roads> {
  const [main, owner, direct] = await Promise.all([
    settleTls(external.main),
    settleTls(external.owner),
    settleTls(external.direct),
  ]);
  const replica = external.replica === null ? null : await settleTls(external.replica);
  return { definition, main, owner, direct, replica, embedded: false };
}
