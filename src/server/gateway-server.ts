import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GraphQLSchema } from 'graphql';
import type { HttpConfig } from '../config/config.ts';
import { Planner } from '../read-plans/planner.ts';
import type { Gateway } from '../resolvers/context.ts';
import type { RevocableAuthenticator } from '../services/identity/revocable-authenticator.ts';
import type { KeysReport } from '../services/identity/remote-keys.ts';
import type { Log } from '../shared/log.ts';
import { Admission } from './admission/admission.ts';
import { Documents } from './admission/documents.ts';
import { Overload } from './admission/overload.ts';
import { PersistedDocuments, type RegisteredDocuments } from './admission/persisted-documents.ts';
import { RateLimiter } from './admission/rate-limits.ts';
import { Seats } from './admission/seats.ts';
import { createApolloServer } from './apollo.ts';
import { clientAddressBehind, isSecureBehind, originBehind } from './client-address.ts';
import type { Edge } from './edge.ts';
import { createHttpHandler } from './http-handler.ts';
import type { WakeUpReports } from './health.ts';
import { LargeInputs } from './large-inputs.ts';
import { createListener } from './listener.ts';
import { listen } from './listen.ts';
import type { MetricsHandler } from './metrics-endpoint.ts';
import { EventStreams } from './sse/streams.ts';
import { UnreadBytes } from './unread-bytes.ts';
import { attachWebSockets } from './websocket/web-sockets.ts';

export interface GatewayServerOptions {
  readonly schema: GraphQLSchema;
  readonly gateway: Gateway;
  readonly authenticator: RevocableAuthenticator;
  readonly registered: RegisteredDocuments;
  readonly jwks: object | null;
  readonly graphiqlHeaders: () => Promise<Record<string, string>>;
  readonly wakeUps: WakeUpReports;
  /** null where tokens are checked with keys that are here. */
  readonly tokenKeys: (() => KeysReport) | null;
  /** null where metrics are not at this address. */
  readonly metrics: MetricsHandler | null;
  readonly config: HttpConfig;
  readonly log: Log;
}

export interface GatewayServer {
  readonly port: number;
  /** Stops taking new work, lets what runs finish for a while, then closes. */
  stop(): Promise<void>;
}

/** HTTP, WebSocket and server-sent events at one address, over one schema and through one admission. */
export async function startGatewayServer(options: GatewayServerOptions): Promise<GatewayServer> {
  const { schema, gateway, config, log } = options;
  const apollo = createApolloServer(schema, { introspection: config.introspection, log });
  await apollo.start();
  const state = { draining: false, closing: false };
  const rates = new RateLimiter(config.limits.rate, log);
  const overload = new Overload(config.limits.overload, { waitingReads: () => waitingReads(gateway) });
  const edge = createEdge(options, rates, overload, state);
  const unread = new UnreadBytes(config.limits.socket.unreadBytes);
  const streams = new EventStreams(edge, unread);
  const handler = createHttpHandler({
    edge,
    apollo,
    stream: (...exchange) => streams.answer(...exchange),
    jwks: options.jwks,
    graphiqlHeaders: config.graphiql ? options.graphiqlHeaders : null,
    isSecure: isSecureBehind(config.trustedProxies),
    wakeUps: options.wakeUps,
    tokenKeys: options.tokenKeys,
    metrics: options.metrics,
  });
  const server = createListener(config, handler, log);
  const webSockets = attachWebSockets(server, edge, overload, unread);
  await listen(server, { ...config, setting: 'PORT' });
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const { graceMs, spreadMs, delayMs } = config.shutdown;
      state.draining = true;
      // Whoever watches readiness stops sending here, while what is still sent is served.
      await sleep(delayMs);
      state.closing = true;
      const closed = new Promise((resolve) => server.close(resolve));
      const late = setTimeout(() => {
        webSockets.cut();
        server.closeAllConnections();
      }, graceMs);
      await Promise.all([webSockets.drain(spreadMs), streams.drain(spreadMs)]);
      server.closeIdleConnections();
      await closed;
      clearTimeout(late);
      overload.stop();
      unread.stop();
      await rates.close();
      await apollo.stop();
    },
  };
}

const waitingReads = ({ databases }: Gateway): number =>
  (databases.agentRuntime.connections()?.waiting ?? 0) + (databases.auth.connections()?.waiting ?? 0);

function createEdge(
  { schema, gateway, authenticator, registered, config, log }: GatewayServerOptions,
  rates: RateLimiter,
  overload: Overload,
  state: { readonly draining: boolean; readonly closing: boolean },
): Edge {
  const { limits } = config;
  const documents = new Documents({ schema, limits: limits.document, introspection: config.introspection });
  const persisted = new PersistedDocuments({
    registered,
    automatic: config.persistedQueries,
    registeredOnly: config.trustedDocumentsOnly,
    cacheBytes: limits.document.cacheBytes / 4,
  });
  return {
    schema,
    planner: new Planner(schema),
    gateway,
    authenticator,
    admission: new Admission({ limits, documents, persisted, rates, overload }),
    largeInputs: new LargeInputs(),
    sockets: new Seats('MAX_SOCKETS', 'connections', limits.socket.sockets),
    clientAddress: clientAddressBehind(config.trustedProxies),
    originOf: originBehind(config.trustedProxies),
    origins: config,
    limits,
    log,
    isDraining: () => state.draining,
    isClosing: () => state.closing,
  };
}
