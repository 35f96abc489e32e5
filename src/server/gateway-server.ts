import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GraphQLSchema } from 'graphql';
import type { HttpConfig } from '../config/config.ts';
import type { Gateway } from '../resolvers/context.ts';
import type { RevocableAuthenticator } from '../services/identity/revocable-authenticator.ts';
import type { Log } from '../shared/log.ts';
import { createApolloServer } from './apollo.ts';
import { Documents } from './documents.ts';
import { createHttpHandler } from './http-handler.ts';
import type { WakeUpReports } from './health.ts';
import { listen } from './listen.ts';
import type { MetricsHandler } from './metrics-endpoint.ts';
import { attachWebSockets } from './websocket/web-sockets.ts';

export interface GatewayServerOptions {
  readonly schema: GraphQLSchema;
  readonly gateway: Gateway;
  readonly authenticator: RevocableAuthenticator;
  readonly jwks: object | null;
  readonly graphiqlHeaders: () => Promise<Record<string, string>>;
  readonly wakeUps: WakeUpReports;
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

/** HTTP and WebSocket at one address, over one schema. */
export async function startGatewayServer(options: GatewayServerOptions): Promise<GatewayServer> {
  const { schema, gateway, authenticator, config, log } = options;
  const apollo = createApolloServer(schema, { introspection: config.introspection, log });
  await apollo.start();
  let draining = false;
  const server = createServer(
    createHttpHandler({
      apollo,
      gateway,
      authenticator,
      jwks: options.jwks,
      graphiqlHeaders: config.graphiql ? options.graphiqlHeaders : null,
      origins: config,
      log,
      isDraining: () => draining,
      wakeUps: options.wakeUps,
      metrics: options.metrics,
    }),
  );
  const documents = new Documents(schema, { introspection: config.introspection });
  const webSockets = attachWebSockets(server, { schema, documents, gateway, authenticator, origins: config, log });
  await listen(server, { ...config, setting: 'PORT' });
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      draining = true;
      const closed = new Promise((resolve) => server.close(resolve));
      await webSockets.drain();
      server.closeIdleConnections();
      const late = setTimeout(() => server.closeAllConnections(), config.shutdownGraceMs);
      await closed;
      clearTimeout(late);
      await apollo.stop();
    },
  };
}
