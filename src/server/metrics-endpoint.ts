import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MetricsConfig } from '../config/config.ts';
import { metricsText, metricsType } from '../shared/metrics.ts';
import { answerError } from './http-answer.ts';
import { listen } from './listen.ts';

export type MetricsHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Answers with what was counted; `refresh` brings up to date what is only known by looking. */
export const answerMetrics =
  (refresh: () => void): MetricsHandler =>
  async (_request, response) => {
    refresh();
    const text = await metricsText();
    response.writeHead(200, { 'content-type': metricsType, 'cache-control': 'no-store' }).end(text);
  };

export interface MetricsServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** A port of their own, which the outside need not reach. */
export async function startMetricsServer(
  { host }: Pick<MetricsConfig, 'host'>,
  port: number,
  metrics: MetricsHandler,
): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    if (request.url?.split('?', 1)[0] === '/metrics') return void metrics(request, response);
    return answerError(response, 404, { code: 'NOT_FOUND', message: 'There is nothing here; look at /metrics.' });
  });
  await listen(server, { host, port, setting: 'METRICS_PORT' });
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
