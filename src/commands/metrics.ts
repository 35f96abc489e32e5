import type { MetricsConfig } from '../config/config.ts';
import { databaseLabels } from '../databases/database-name.ts';
import { answerMetrics, startMetricsServer, type MetricsHandler } from '../server/metrics-endpoint.ts';
import type { Databases } from '../services/reading/reader.ts';
import type { Lifecycle } from '../shared/lifecycle.ts';
import { poolConnections } from '../shared/metrics.ts';

/** What answers for metrics, also at a port of their own where one is configured. */
export async function startMetrics(
  databases: Databases,
  config: MetricsConfig,
  lifecycle: Lifecycle,
): Promise<MetricsHandler> {
  const metrics = answerMetrics(() => Object.values(databases).forEach(tellPool));
  if (config.port !== null) {
    const server = await startMetricsServer(config, config.port, metrics);
    lifecycle.onStop(() => server.stop());
  }
  return metrics;
}

function tellPool(database: Databases['auth']): void {
  const connections = Object.entries(database.connections() ?? {});
  for (const [state, count] of connections)
    poolConnections.set({ database: databaseLabels[database.name], state }, count);
}
