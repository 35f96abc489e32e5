import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { databaseConfigOf } from '../../src/config/database-url.ts';
import { agentRuntimeDefinition, authDefinition } from '../../src/databases/definitions.ts';
import type { EmbeddedRole } from '../../src/databases/embedded/credentials.ts';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/databases/embedded/embedded-postgres.ts';
import { existingCluster } from '../../src/databases/embedded/location.ts';
import { readPostmasterFile } from '../../src/databases/embedded/postmaster.ts';
import { migrate } from '../../src/databases/migrate.ts';
import { silentLog } from '../../src/shared/log.ts';
import { say } from './options.ts';

export type DatabaseName = 'agent_runtime' | 'auth_db' | 'postgres';

/** Where data sets are kept from run to run, outside of git. */
const cacheFolder = resolve(
  process.env['SCROLLBACK_BENCH_DATA'] ?? join(import.meta.dirname, '../../node_modules/.cache/scrollback-bench'),
);

/** The PostgreSQL of one data set: the product's embedded server with the product's settings. */
export class Cluster {
  readonly folder: string;
  readonly pid: number;
  readonly #server: EmbeddedPostgres;
  /** The server has a process group of its own, so whoever interrupts the bench would leave it behind. */
  readonly #interrupt = (): void => void process.kill(this.pid, 'SIGINT');

  private constructor(folder: string, pid: number, server: EmbeddedPostgres) {
    this.folder = folder;
    this.pid = pid;
    this.#server = server;
    process.once('exit', this.#interrupt);
  }

  /** `durable: false` is for filling and for reading, where what a crash of the machine would cost is made again. */
  static async start(name: string, options: { durable: boolean }): Promise<Cluster> {
    const folder = join(cacheFolder, name);
    await mkdir(folder, { recursive: true });
    const server = await startEmbeddedPostgres({ dataFolder: folder, log: silentLog(), durable: options.durable });
    const file = await readPostmasterFile(existingCluster(folder) ?? folder);
    if (file === undefined) throw new Error(`the PostgreSQL of ${folder} did not start`);
    return new Cluster(folder, file.pid, server);
  }

  url(database: DatabaseName, role: EmbeddedRole): string {
    return this.#server.url(database, role);
  }

  async migrate(): Promise<void> {
    for (const [definition, name] of [
      [agentRuntimeDefinition, 'agent_runtime'],
      [authDefinition, 'auth_db'],
    ] as const) {
      await migrate(definition, databaseConfigOf(this.url(name, 'owner'), name), silentLog());
    }
  }

  /** Runs a script, as the tables' owner unless told. */
  async run<Row extends pg.QueryResultRow>(
    database: DatabaseName,
    statement: string,
    role: EmbeddedRole = 'owner',
  ): Promise<Row[]> {
    const client = new pg.Client({ connectionString: this.url(database, role) });
    await client.connect();
    try {
      const result = await client.query<Row>(statement);
      return result.rows;
    } finally {
      await client.end();
    }
  }

  stop(): Promise<void> {
    process.off('exit', this.#interrupt);
    return this.#server.stop();
  }

  /** Stops it and deletes all that it had. */
  async remove(): Promise<void> {
    const data = existingCluster(this.folder);
    await this.stop();
    for (const path of [data, this.folder]) if (path !== undefined) await rm(path, { recursive: true, force: true });
  }
}

/**
 * A cluster that is filled once. The note of its version is written last, so a broken fill is noticed; what another
 * version made is removed and made anew, and the migrations are part of the version.
 */
export async function filledCluster(
  name: string,
  version: string,
  options: { durable: boolean },
  fill: (cluster: Cluster) => Promise<void>,
): Promise<Cluster> {
  const wanted = `${version} ${await fingerprintOfMigrations()}`;
  let cluster = await Cluster.start(name, options);
  try {
    const noteFile = join(cluster.folder, 'filled.txt');
    const noted = await readFile(noteFile, 'utf8').catch(() => null);
    if (noted === wanted) return cluster;
    if (noted !== null || existsSync(join(cluster.folder, 'begun.txt'))) {
      await cluster.remove();
      cluster = await Cluster.start(name, options);
    }
    await writeFile(join(cluster.folder, 'begun.txt'), '');
    say(`Filling the tables of ${name} …`);
    await cluster.migrate();
    await fill(cluster);
    await writeFile(noteFile, wanted);
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

const migrationsFolder = join(import.meta.dirname, '../../src/databases/migrations');

async function fingerprintOfMigrations(): Promise<string> {
  const files = (await readdir(migrationsFolder, { recursive: true })).filter((file) => file.endsWith('.ts')).sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(await readFile(join(migrationsFolder, file)));
  return hash.digest('hex').slice(0, 12);
}
