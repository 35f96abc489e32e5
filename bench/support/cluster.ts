import { mkdir, readFile, writeFile } from 'node:fs/promises';
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

  private constructor(folder: string, pid: number, server: EmbeddedPostgres) {
    this.folder = folder;
    this.pid = pid;
    this.#server = server;
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
    return this.#server.stop();
  }
}

/** Fills a cluster once: the note of its version is written last, so a broken fill is noticed and done again. */
export async function filledOnce(cluster: Cluster, version: string, fill: () => Promise<void>): Promise<void> {
  const note = join(cluster.folder, 'filled.txt');
  const noted = await readFile(note, 'utf8').catch(() => '');
  if (noted === version) return;
  if (noted !== '') throw new Error(`${cluster.folder} holds an older data set; delete it to have it made again`);
  await fill();
  await writeFile(note, version);
}
