import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Cluster } from '../support/cluster.ts';

const quietMs = 2;

/**
 * Writes messages with plain SQL, one transaction each, as a service of the field does; and tells the gateways after
 * the commit, as another gateway would.
 */
export class Writer {
  readonly #pool: pg.Pool;
  #notifying: NodeJS.Timeout | undefined;

  constructor(cluster: Cluster, connections: number) {
    this.#pool = new pg.Pool({ connectionString: cluster.url('agent_runtime', 'owner'), max: connections });
  }

  async write(sessionId: string, number: number): Promise<void> {
    await this.#pool.query({
      name: 'insert-message',
      text: `INSERT INTO messages (id, session_db_id, role, content, "timestamp") VALUES ($1, $2, 'assistant', $3, now())`,
      values: [randomUUID(), sessionId, `event ${number} ${'of a conversation that is followed live. '.repeat(3)}`],
    });
    this.#notifying ??= setTimeout(() => {
      this.#notifying = undefined;
      this.#pool.query(`SELECT pg_notify('scrollback_written', '')`).catch(() => undefined);
    }, quietMs);
  }

  async end(): Promise<void> {
    clearTimeout(this.#notifying);
    await this.#pool.end();
  }
}
