import { execFile } from 'node:child_process';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { databaseConfigOf } from '../../src/config/database-url.ts';
import { agentRuntimeDefinition, authDefinition } from '../../src/databases/definitions.ts';
import type { EmbeddedRole } from '../../src/databases/embedded/credentials.ts';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/databases/embedded/embedded-postgres.ts';
import { existingCluster } from '../../src/databases/embedded/location.ts';
import { readPostmasterFile } from '../../src/databases/embedded/postmaster.ts';
import { migrate } from '../../src/databases/migrate.ts';
import { silentLog } from '../../src/shared/log.ts';

export type DatabaseOfCluster = 'agent_runtime' | 'auth_db' | 'postgres';

/** A PostgreSQL for one trial alone, because the trial does not spare it. It stays at its port whatever happens. */
export class Cluster {
  readonly #dataFolder: string;
  #server: EmbeddedPostgres;
  #isOver = false;

  private constructor(dataFolder: string, server: EmbeddedPostgres) {
    this.#dataFolder = dataFolder;
    this.#server = server;
  }

  static async start(folder: string): Promise<Cluster> {
    const dataFolder = join(folder, 'postgres-data');
    // PostgreSQL may have to run as another user than we do, who has to get there.
    await chmod(folder, 0o711);
    await mkdir(dataFolder);
    await chmod(dataFolder, 0o711);
    const cluster = new Cluster(dataFolder, await serve(dataFolder));
    for (const [definition, name] of [
      [agentRuntimeDefinition, 'agent_runtime'],
      [authDefinition, 'auth_db'],
    ] as const) {
      await migrate(definition, databaseConfigOf(cluster.url(name, 'owner'), name), silentLog());
    }
    return cluster;
  }

  get port(): number {
    return this.#server.port;
  }

  url(database: DatabaseOfCluster, role: EmbeddedRole): string {
    return this.#server.url(database, role);
  }

  /** A client that does not take the process with it when its server goes. */
  async connect(database: DatabaseOfCluster, role: EmbeddedRole): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.url(database, role), connectionTimeoutMillis: 5000 });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  async run<Row extends pg.QueryResultRow>(
    database: DatabaseOfCluster,
    role: EmbeddedRole,
    statement: string,
  ): Promise<Row[]> {
    const client = await this.connect(database, role);
    try {
      const { rows } = await client.query<Row>(statement);
      return rows;
    } finally {
      await client.end();
    }
  }

  /** SIGQUIT is the immediate stop, SIGKILL leaves the backends behind; whoever supervises the server starts it again. */
  async crash(signal: 'SIGQUIT' | 'SIGKILL'): Promise<void> {
    const file = await readPostmasterFile(this.#folder());
    if (file !== undefined) process.kill(file.pid, signal);
  }

  async postmasterPid(): Promise<number> {
    return (await readPostmasterFile(this.#folder()))?.pid ?? 0;
  }

  /** Resolves when it answers again. */
  async untilUp(timeoutMs = 30_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      try {
        await this.run('agent_runtime', 'owner', 'SELECT 1');
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await sleep(50);
      }
    }
  }

  /** Takes a copy of everything, made while the server is stopped. */
  async backUp(): Promise<void> {
    await this.#stopped(async () => {
      await copy(this.#folder(), this.#copy());
    });
  }

  /** Goes back to the copy; what was committed since is gone. */
  async restore(): Promise<void> {
    await this.#stopped(async () => {
      await copy(this.#copy(), this.#folder());
    });
  }

  /** A copy of the files, made while the server is stopped, for a second server. */
  async copyTo(folder: string): Promise<void> {
    await this.#stopped(() => copy(this.#folder(), folder));
  }

  /** Dies without a last word, and nobody starts it again. */
  async die(): Promise<void> {
    await Promise.all([this.crash('SIGKILL'), this.stop()]);
  }

  get dataFolder(): string {
    return this.#dataFolder;
  }

  async stop(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await this.#server.stop();
  }

  async #stopped(work: () => Promise<void>): Promise<void> {
    const { port } = this;
    await this.#server.stop();
    await work();
    this.#server = await serve(this.#dataFolder);
    if (this.port !== port) throw new Error('PostgreSQL came back at another port');
  }

  #folder(): string {
    const folder = existingCluster(this.#dataFolder);
    if (folder === undefined) throw new Error('the cluster is not there');
    return folder;
  }

  #copy(): string {
    return join(this.#dataFolder, 'older-copy');
  }
}

const serve = (dataFolder: string): Promise<EmbeddedPostgres> =>
  startEmbeddedPostgres({ dataFolder, log: silentLog(), durable: true });

/** With owners and modes, which PostgreSQL insists on. */
async function copy(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await promisify(execFile)('cp', ['-a', from, to]);
}
