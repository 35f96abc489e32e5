import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { HttpConfig } from '../config/config.ts';
import type { Log } from '../shared/log.ts';
import { readCertificate, watchCertificate } from './tls.ts';

/** How often Node looks for connections that are too slow. */
const checkIntervalMs = 1_000;
/** More than this of a body is not read before somebody wants it; Node reads 64 KiB at a time, and so reads once. */
const readAheadBytes = 16 * 1024;
/** Open as long as they will: sockets and event streams have heartbeats of their own and take this off. */
const idleTimeoutMs = 120_000;

/** The server that listens, with the bounds that keep one that never comes to an end from being waited for. */
export function createListener(config: HttpConfig, handler: RequestListener, log: Log): Server | TlsServer {
  const { http } = config.limits;
  const options = {
    maxHeaderSize: http.headerBytes,
    headersTimeout: http.headersTimeoutMs,
    requestTimeout: http.requestTimeoutMs,
    keepAliveTimeout: http.keepAliveTimeoutMs,
    highWaterMark: readAheadBytes,
    connectionsCheckingInterval: Math.min(checkIntervalMs, http.headersTimeoutMs),
    insecureHTTPParser: false,
  };
  const server =
    config.tls === null
      ? createServer(options, handler)
      : createTlsServer({ ...options, ...readCertificate(config.tls), minVersion: 'TLSv1.2' }, handler);
  if (config.tls !== null) watchCertificate(server as TlsServer, config.tls, log);
  server.maxConnections = http.connections;
  server.timeout = idleTimeoutMs;
  return server;
}
