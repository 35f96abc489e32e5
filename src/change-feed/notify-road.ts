import pg from 'pg';
import { sql } from '../shared/sql.ts';
import { randomUUID } from 'node:crypto';
import type { DatabaseConfig } from '../config/database-config.ts';
import type { Database } from '../databases/database.ts';
import type { HintRoad } from './hint-road.ts';
import { listenerConfig } from './listener-config.ts';
import { RoadProblem } from './reasons.ts';

const writtenChannel = 'scrollback_written';

/** Hints of other gateways and of the optional triggers, by LISTEN on a connection of its own past any pooler. */
export function notifyRoad(database: Database, direct: DatabaseConfig): HintRoad {
  const probes = `scrollback_probe_${randomUUID().replaceAll('-', '')}`;
  return {
    mode: 'notify',
    async open(ears, signal) {
      const client = new pg.Client(listenerConfig(direct));
      client.on('error', (error) => ears.lost(error));
      client.on('end', () => ears.lost(new RoadProblem('the connection was closed')));
      client.on('notification', ({ channel, payload }) =>
        channel === probes ? ears.echoed(payload ?? '') : ears.heard(),
      );
      signal.addEventListener('abort', () => void client.end().catch(() => undefined), { once: true });
      await client.connect();
      await client.query(`LISTEN ${writtenChannel}; LISTEN ${probes}`);
      // By the pool, as hints are sent: a notification to oneself on one's own connection proves nothing.
      return { probe: (probe) => database.query(sql`SELECT pg_notify(${probes}, ${probe})`, { withinMs: probeMs }) };
    },
  };
}

const probeMs = 2000;
const quietMs = 5;

/**
 * Tells the other gateways that something was written. A notification is sent after the commit, on a connection of its
 * own: inside the writer's transaction it would make all commits queue. Many writes in a row become one notification.
 */
export class Notifier {
  readonly #database: Database;
  readonly #failed: (reason: string) => void;
  #sending: NodeJS.Timeout | undefined;

  constructor(database: Database, failed: (reason: string) => void) {
    this.#database = database;
    this.#failed = failed;
  }

  tell(): void {
    this.#sending ??= setTimeout(() => {
      this.#sending = undefined;
      this.#database
        .query(sql`SELECT pg_notify(${writtenChannel}, '')`)
        .catch((error: unknown) => this.#failed((error as Error).message));
    }, quietMs);
  }

  stop(): void {
    clearTimeout(this.#sending);
  }
}
