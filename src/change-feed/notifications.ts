import pg from 'pg';
import sql from 'sql-template-tag';
import type { DatabaseConfig } from '../config/database-config.ts';
import type { Database } from '../databases/database.ts';
import { backoff } from '../shared/backoff.ts';
import type { Log } from '../shared/log.ts';

const channel = 'scrollback_written';
const quietMs = 5;

/**
 * Tells the other gateways of a database that something was written, and hears them. A notification is sent after
 * the commit, on a connection of its own: inside the writer's transaction it would make all commits queue.
 */
export class Notifications {
  readonly #database: Database;
  readonly #direct: DatabaseConfig;
  readonly #heard: () => void;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #sending: NodeJS.Timeout | undefined;

  constructor(options: { database: Database; direct: DatabaseConfig; heard: () => void; log: Log }) {
    this.#database = options.database;
    this.#direct = options.direct;
    this.#heard = options.heard;
    this.#log = options.log;
  }

  start(): void {
    this.#running = this.#listenForever();
  }

  /** Many writes in a row become one notification. */
  send(): void {
    this.#sending ??= setTimeout(() => {
      this.#sending = undefined;
      this.#database.query(sql`SELECT pg_notify(${channel}, '')`).catch((error: unknown) => {
        this.#log.debug(
          { error: (error as Error).message },
          'a notification was not sent; others will see the change when they poll',
        );
      });
    }, quietMs);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#sending);
    await this.#running;
  }

  async #listenForever(): Promise<void> {
    const pauses = backoff({ minMs: 100, maxMs: 5000 });
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#listenOnce(() => pauses.reset());
      } catch (error) {
        this.#log.debug({ error: (error as Error).message }, 'the notification listener lost its connection');
      }
      await pauses.wait(this.#stopping.signal);
    }
  }

  /** Resolves when the connection ends, or when we stop: pg leaves a client that is ended while it connects unsettled. */
  async #listenOnce(connected: () => void): Promise<void> {
    const client = new pg.Client(this.#direct);
    const ended = new Promise((resolve) => client.once('end', resolve));
    client.on('error', () => undefined);
    client.on('notification', () => this.#heard());
    const listening = this.#listenOn(client, connected).then(() => ended);
    try {
      await Promise.race([listening, aborted(this.#stopping.signal)]);
    } finally {
      listening.catch(() => undefined);
      client.end().catch(() => undefined);
    }
  }

  async #listenOn(client: pg.Client, connected: () => void): Promise<void> {
    await client.connect();
    await client.query(`LISTEN ${channel}`);
    connected();
    // Notifications that came while nobody listened are lost; so look.
    this.#heard();
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
