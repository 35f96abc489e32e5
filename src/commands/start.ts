import { Command } from 'commander';
import { assembleSchema } from '../resolvers/assemble.ts';
import { startGatewayServer } from '../server/gateway-server.ts';
import { relayOutbox } from '../services/audit/outbox-relay.ts';
import { Watches } from '../services/live/watches.ts';
import { indexDocuments } from '../services/search/index-documents.ts';
import { createServices } from '../services/services.ts';
import { closeExpiredSessions } from '../services/sessions/close-expired-sessions.ts';
import type { Config } from '../config/config.ts';
import type { DatabaseName } from '../databases/database-name.ts';
import { StartupError } from '../shared/errors.ts';
import { Lifecycle } from '../shared/lifecycle.ts';
import type { Log } from '../shared/log.ts';
import { repeat } from '../shared/repeat.ts';
import { startChangeFeed } from './change-feed.ts';
import { openIdentity } from './identity.ts';
import { migrateOne } from './migrate-databases.ts';
import { openRuntime, type Runtime } from './runtime.ts';
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
      const port = await startGateway(config, log, lifecycle);
      await printWelcome(config, port);
      await stopped;
      log.info('stopping');
    } finally {
      await lifecycle.stop();
    }
  });

/** Builds the layers from the bottom up, and notes for each how it is stopped. Returns the port. */
async function startGateway(config: Config, log: Log, lifecycle: Lifecycle): Promise<number> {
  const runtime = await openRuntime(config, log);
  lifecycle.onStop(() => runtime.close());
  if (config.migrateOnStart) await migrateReachable(runtime, log, lifecycle);
  const identity = await openIdentity(config);
  if (isDemo(config)) await seedWhenEmpty(runtime, log);

  const changeFeed = startChangeFeed(runtime, config.live, log);
  lifecycle.onStop(() => changeFeed.stop());
  const chores = startChores(runtime, log, changeFeed.written);
  lifecycle.onStop(() => chores.stop());

  const { databases } = runtime;
  const services = createServices({
    databases,
    sessionLifetimeSeconds: config.sessions.lifetimeSeconds,
    log,
    written: (database) => {
      changeFeed.written(database);
      chores.now();
    },
  });
  const server = await startGatewayServer({
    schema: assembleSchema(),
    gateway: { databases, services, watches: new Watches(databases, changeFeed.live) },
    authenticator: identity.authenticator,
    jwks: identity.issuer?.jwks() ?? null,
    config: config.http,
    log,
  });
  lifecycle.onStop(() => server.stop());
  return server.port;
}

/** Without any database of one's own this is somebody's first look, who wants to see something. */
const isDemo = (config: Config): boolean =>
  config.mode === 'development' && config.databases.agentRuntime === null && config.databases.authService === null;

const migrationRetryMs = 5000;

/** One database down must not keep the other one's users out: its migrations are tried again until it is there. */
async function migrateReachable(runtime: Runtime, log: Log, lifecycle: Lifecycle): Promise<void> {
  for (const road of Object.values(runtime.roads)) {
    try {
      await migrateOne(road, log);
    } catch (error) {
      if (road.embedded || !(error instanceof StartupError)) throw error;
      log.warn(error.message);
      const retry = repeat(`migrations of ${road.owner.database}`, migrationRetryMs, async () => {
        await migrateOne(road, log);
        void retry.stop();
      }, log);
      lifecycle.onStop(() => retry.stop());
    }
  }
}

const choreIntervalMs = 1000;
const sweepIntervalMs = 15_000;
const batch = 500;

/** What has to be done whether somebody asks or not. */
function startChores(runtime: Runtime, log: Log, written: (database: DatabaseName) => void): { now(): void; stop(): Promise<void> } {
  const { databases } = runtime;
  const relay = repeat('relay to the audit trail', choreIntervalMs, async () => {
    if ((await relayOutbox(databases, batch)) > 0) written('auth');
  }, log);
  const index = repeat('search index', choreIntervalMs, () => indexDocuments(databases.agentRuntime, batch), log);
  const sweep = repeat('expired sessions', sweepIntervalMs, async () => {
    if ((await closeExpiredSessions(databases.agentRuntime, batch)) > 0) written('agentRuntime');
  }, log);
  return {
    now: () => relay.now(),
    stop: async () => {
      await Promise.all([relay.stop(), index.stop(), sweep.stop()]);
    },
  };
}
