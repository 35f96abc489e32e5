import { assembleSchema } from '../resolvers/assemble.ts';
import type { Config } from '../config/config.ts';
import type { DatabaseName } from '../databases/database-name.ts';
import { rotateCursorKeys } from '../databases/log-identity.ts';
import { numberAtLeisure } from '../databases/numbering.ts';
import { startGatewayServer } from '../server/gateway-server.ts';
import { relayOutbox } from '../services/audit/outbox-relay.ts';
import { expireApprovals } from '../services/approvals/expire-approvals.ts';
import { RegisteredDocuments } from '../services/documents/registered-documents.ts';
import { Watches } from '../services/live/watches.ts';
import { revocable } from '../services/identity/revocable-authenticator.ts';
import { Revocations } from '../services/identity/revocations.ts';
import { indexAtLeisure } from '../services/search/index-documents.ts';
import { createServices } from '../services/services.ts';
import { closeExpiredSessions } from '../services/sessions/close-expired-sessions.ts';
import type { Lifecycle } from '../shared/lifecycle.ts';
import type { Log } from '../shared/log.ts';
import { repeat } from '../shared/repeat.ts';
import { startChangeFeed } from './change-feed.ts';
import type { Identity } from './identity.ts';
import { startMetrics } from './metrics.ts';
import type { Runtime } from './runtime.ts';
import { watchKeys } from './watch-keys.ts';

export interface GatewayOptions {
  readonly runtime: Pick<Runtime, 'databases' | 'roads'>;
  readonly identity: Identity;
  readonly config: Pick<Config, 'auth' | 'http' | 'live' | 'metrics' | 'sessions'>;
  /** Headers that GraphiQL starts with. */
  readonly graphiqlHeaders?: () => Promise<Record<string, string>>;
  readonly log: Log;
}

/** Builds the layers over the databases from the bottom up, and notes for each how it is stopped. Returns the port. */
export async function startGateway(options: GatewayOptions, lifecycle: Lifecycle): Promise<number> {
  const { runtime, identity, config, log } = options;
  const { databases } = runtime;
  const changeFeed = startChangeFeed(runtime, config.live, log);
  lifecycle.onStop(() => changeFeed.stop());
  const chores = startChores(runtime, config.live, log, changeFeed.written);
  lifecycle.onStop(() => chores.stop());
  const revocations = new Revocations(databases.auth);
  revocations.start(log);
  lifecycle.onStop(() => revocations.stop());
  const { remoteKeys } = identity;
  if (remoteKeys !== null) {
    const watching = watchKeys(remoteKeys, config.auth.keys, log);
    lifecycle.onStop(() => watching.stop());
  }
  const services = createServices({
    databases,
    sessionLifetimeSeconds: config.sessions.lifetimeSeconds,
    log,
    written: (database) => changeFeed.written(database),
    audited: () => chores.relayNow(),
  });
  const metrics = await startMetrics(databases, config.metrics, lifecycle);
  const server = await startGatewayServer({
    schema: assembleSchema({ federation: config.http.federation }),
    gateway: { databases, services, watches: new Watches(databases, changeFeed.live) },
    authenticator: revocable(identity.authenticator, revocations),
    registered: new RegisteredDocuments(databases.agentRuntime),
    jwks: identity.issuer?.jwks() ?? null,
    graphiqlHeaders: options.graphiqlHeaders ?? (() => Promise.resolve({})),
    wakeUps: changeFeed.wakeUps,
    tokenKeys: remoteKeys === null ? null : () => remoteKeys.report(),
    metrics: config.metrics.onGatewayPort ? metrics : null,
    config: config.http,
    log,
  });
  lifecycle.onStop(() => server.stop());
  return server.port;
}

const choreIntervalMs = 1000;
const sweepIntervalMs = 15_000;
const rotationIntervalMs = 3_600_000;
const batch = 500;

/** What has to be done whether somebody asks or not. */
function startChores(
  { databases }: GatewayOptions['runtime'],
  { cursors }: Config['live'],
  log: Log,
  written: (database: DatabaseName) => void,
): { relayNow(): void; stop(): Promise<void> } {
  const relay = async (): Promise<void> => {
    if ((await relayOutbox(databases, batch)) > 0) written('auth');
  };
  const sweep = async (stopping: AbortSignal): Promise<void> => {
    const { closed, failure } = await closeExpiredSessions(databases.agentRuntime, batch, stopping);
    if (closed > 0) written('agentRuntime');
    if (failure !== null) throw failure;
  };
  const expire = async (): Promise<void> => {
    if ((await expireApprovals(databases.agentRuntime, batch)) > 0) written('agentRuntime');
  };
  const relaying = repeat('relay to the audit trail', choreIntervalMs, relay, log);
  const index = (stopping: AbortSignal): Promise<number> => indexAtLeisure(databases.agentRuntime, batch, stopping);
  const number = (stopping: AbortSignal): Promise<void> => numberAtLeisure(databases.agentRuntime, stopping);
  const numbering = repeat('numbers of messages', choreIntervalMs, number, log);
  const indexing = repeat('search index', choreIntervalMs, index, log);
  const expiring = repeat('expired approvals', choreIntervalMs, expire, log);
  const sweeping = repeat('expired sessions', sweepIntervalMs, sweep, log);
  const rotate = (): Promise<unknown> =>
    Promise.all([rotateCursorKeys(databases.agentRuntime, cursors), rotateCursorKeys(databases.auth, cursors)]);
  const rotating = repeat('keys of cursors', rotationIntervalMs, rotate, log);
  return {
    relayNow: () => relaying.now(),
    stop: async () => {
      await Promise.all([relaying, numbering, indexing, expiring, sweeping, rotating].map((chore) => chore.stop()));
    },
  };
}
