import { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { StartupError } from '../shared/errors.ts';
import { requireFree } from '../server/listen.ts';
import { Lifecycle } from '../shared/lifecycle.ts';
import type { Log } from '../shared/log.ts';
import { repeat } from '../shared/repeat.ts';
import { isUnavailable } from '../databases/database-errors.ts';
import { databaseTitles } from '../databases/database-name.ts';
import { rowSecurityProblem } from '../databases/row-security/switch.ts';
import { connectionAdvice, isRefused } from './connection-advice.ts';
import { demoHeaders } from './demo-headers.ts';
import { startGateway } from './gateway.ts';
import { openIdentity } from './identity.ts';
import { migrateOne } from './migrate-databases.ts';
import { pendingMigrations } from './pending-migrations.ts';
import { openRuntime, type Roads, type Runtime } from './runtime.ts';
import { seedWhenEmpty } from './seed-when-empty.ts';
import { setUp } from './setup.ts';
import { untilStopped } from './signals.ts';
import { printWelcome } from './welcome.ts';

export const startCommand = new Command('start')
  .description('Serve GraphQL; with embedded databases where none are configured.')
  .action(async () => {
    const { config, log } = setUp();
    const stopped = untilStopped();
    const lifecycle = new Lifecycle();
    try {
      const port = await start(config, log, lifecycle);
      await printWelcome(config, port);
      await stopped;
      log.info('stopping');
      await lifecycle.stop();
      log.info('stopped');
    } finally {
      await lifecycle.stop();
    }
  });

async function start(config: Config, log: Log, lifecycle: Lifecycle): Promise<number> {
  await requireFree({ ...config.http, setting: 'PORT' });
  const runtime = await openRuntime(config, log);
  lifecycle.onStop(() => runtime.close());
  if (config.migrateOnStart) await migrateReachable(runtime, log, lifecycle);
  else await requireMigrated(runtime, log);
  if (config.databases.rowSecurity) await requireRowSecurity(runtime, log);
  const identity = await openIdentity(config);
  const isDemo = isFirstLook(config);
  if (isDemo) await seedWhenEmpty(runtime, log);
  return startGateway(
    { runtime, identity, config, log, ...(isDemo ? { graphiqlHeaders: demoHeaders(config, runtime) } : {}) },
    lifecycle,
  );
}

/** Without any database of one's own this is somebody's first look, who wants to see something. */
const isFirstLook = (config: Config): boolean =>
  config.mode === 'development' && config.databases.agentRuntime === null && config.databases.authService === null;

/** Who asked for the second wall must not serve without it. */
async function requireRowSecurity({ databases }: Runtime, log: Log): Promise<void> {
  for (const database of Object.values(databases)) {
    try {
      const problem = await rowSecurityProblem(database);
      if (problem !== null) throw new StartupError(problem);
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      log.warn(`${databaseTitles[database.name]} is away; whether its row-level security is on could not be checked`);
    }
  }
}

const migrationRetryMs = 5000;

/** One database down must not keep the other one's users out: its migrations are tried again until it is there. */
async function migrateReachable(runtime: Runtime, log: Log, lifecycle: Lifecycle): Promise<void> {
  await Promise.all(
    Object.values(runtime.roads).map(async (road: Roads) => {
      try {
        await migrateOne(road, log);
      } catch (error) {
        if (road.embedded || !(error instanceof StartupError) || !isPassing(error.cause)) throw error;
        log.warn(error.message);
        migrateLater(road, log, lifecycle);
      }
    }),
  );
}

/** Waiting mends what is away; it mends no wrong password, and no migration that the tables contradict. */
const isPassing = (cause: unknown): boolean => cause !== undefined && isUnavailable(cause) && !isRefused(cause);

/** Where migrations are somebody else's task, serving half-made tables would fail later and less clearly. */
async function requireMigrated(runtime: Runtime, log: Log): Promise<void> {
  for (const { definition, main } of Object.values(runtime.roads)) {
    try {
      const { pending } = await pendingMigrations(definition, main);
      if (pending.length === 0) continue;
      throw new StartupError(
        `${main.masked} lacks ${pending.length} migrations (${pending.join(', ')}), and MIGRATE_ON_START is false. Run \`scrollback migrate\` first.`,
      );
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      if (isRefused(error)) throw new StartupError(connectionAdvice(main, error), error);
      log.warn(connectionAdvice(main, error));
    }
  }
}

function migrateLater(road: Roads, log: Log, lifecycle: Lifecycle): void {
  let done = false;
  const attempt = async (): Promise<void> => {
    if (done) return;
    await migrateOne(road, log);
    done = true;
  };
  const retry = repeat(`migrations of ${road.owner.database}`, migrationRetryMs, attempt, log);
  lifecycle.onStop(() => retry.stop());
}
