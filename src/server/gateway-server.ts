import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GraphQLSchema } from 'graphql';
import type { HttpConfig } from '../config/config.ts';
import type { Gateway } from '../resolvers/context.ts';
import type { Authenticator } from '../services/identity/authenticator.ts';
import { StartupError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { createApolloServer } from './apollo.ts';
import { Documents } from './documents.ts';
import { createHttpHandler } from './http-handler.ts';
import { attachWebSockets } from './websocket/web-sockets.ts';

export interface GatewayServerOptions {
  readonly schema: GraphQLSchema;
  readonly gateway: Gateway;
  readonly authenticator: Authenticator;
  readonly jwks: object | null;
  readonly graphiqlHeaders: () => Promise<Record<string, string>>;
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
    }),
  );
  const documents = new Documents(schema, { introspection: config.introspection });
  const webSockets = attachWebSockets(server, { schema, documents, gateway, authenticator, origins: config, log });
  await listen(server, config);
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

function listen(server: Server, { host, port }: HttpConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenProblem(error, host, port)));
    server.listen(port, host, resolve);
  });
}

function listenProblem(error: NodeJS.ErrnoException, host: string, port: number): StartupError {
  if (error.code === 'EADDRINUSE') {
    return new StartupError(
      `Port ${port} is in use. Stop what uses it, or set PORT to another one (0 takes any free port).`,
      error,
    );
  }
  if (error.code === 'EACCES')
    return new StartupError(
      `Port ${port} needs rights that this user does not have. Set PORT to one above 1023.`,
      error,
    );
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return new StartupError(`This machine has no address ${host}. Set HOST to one of its own, or to 0.0.0.0.`, error);
  }
  return new StartupError(`The gateway cannot listen on ${host}:${port}: ${error.message}`, error);
}
