import { setTimeout as sleep } from 'node:timers/promises';
import { startServer, stopServer, type RunningServer, type ServerKit } from './server.ts';

const firstDelay = 200;
const longestDelay = 10_000;

/** Keeps the server of one cluster running until it is told to stop. The port stays, so pools find it again by themselves. */
export class Supervisor {
  readonly #kit: ServerKit;
  readonly #cluster: string;
  readonly #port: number;
  readonly #halt = new AbortController();
  #watching: Promise<void> = Promise.resolve();

  constructor(kit: ServerKit, cluster: string, port: number) {
    this.#kit = kit;
    this.#cluster = cluster;
    this.#port = port;
  }

  async start(): Promise<void> {
    const server = await this.#startServer();
    this.#watching = this.#watch(server);
  }

  async stop(): Promise<void> {
    this.#halt.abort();
    await stopServer(this.#kit, this.#cluster);
    await this.#watching;
  }

  #startServer(): Promise<RunningServer> {
    return startServer(this.#kit, this.#cluster, this.#port);
  }

  async #watch(first: RunningServer): Promise<void> {
    let server: RunningServer | undefined = first;
    while (server) {
      const end = await server.ended;
      if (this.#halt.signal.aborted) return;
      this.#kit.log.error(
        `the embedded PostgreSQL ended unexpectedly (${end}); starting it again (its log: ${this.#kit.logFile})`,
      );
      server = await this.#startAgain();
    }
  }

  async #startAgain(): Promise<RunningServer | undefined> {
    for (let delay = firstDelay; !this.#halt.signal.aborted; delay = Math.min(delay * 2, longestDelay)) {
      await sleep(delay, undefined, { signal: this.#halt.signal }).catch(() => undefined);
      if (this.#halt.signal.aborted) break;
      try {
        const server = await this.#startServer();
        // Told to stop meanwhile, when there was no server yet that could have been stopped.
        if (this.#halt.signal.aborted) await stopServer(this.#kit, this.#cluster);
        this.#kit.log.info('the embedded PostgreSQL is back');
        return server;
      } catch (error) {
        this.#kit.log.error({ err: error }, 'the embedded PostgreSQL could not be started again yet');
      }
    }
    return undefined;
  }
}
