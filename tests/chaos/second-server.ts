import { appendFile, chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { runProgram, type Surroundings } from '../../src/databases/embedded/child-process.ts';
import { locateCluster, sharedFolder } from '../../src/databases/embedded/location.ts';
import { freePort } from '../../src/databases/embedded/port.ts';
import { findPrograms, type Programs } from '../../src/databases/embedded/programs.ts';
import { serverSettings } from '../../src/databases/embedded/server-settings.ts';
import { silentLog } from '../../src/shared/log.ts';
import type { Cluster, DatabaseOfCluster } from './cluster.ts';

export interface SecondServerOptions {
  readonly cluster: Cluster;
  /** Where it finds the primary; null: it is one itself. */
  readonly follows: { readonly port: number } | null;
  readonly settings?: Readonly<Record<string, string>>;
}

/** A second PostgreSQL on a copy of the first one's files: its standby, or one with other settings. */
export class SecondServer {
  readonly port: number;
  readonly #cluster: Cluster;
  readonly #folder: string;
  readonly #programs: Programs;
  readonly #surroundings: Surroundings;

  private constructor(options: {
    port: number;
    cluster: Cluster;
    folder: string;
    programs: Programs;
    surroundings: Surroundings;
  }) {
    this.port = options.port;
    this.#cluster = options.cluster;
    this.#folder = options.folder;
    this.#programs = options.programs;
    this.#surroundings = options.surroundings;
  }

  static async start({ cluster, follows, settings = {} }: SecondServerOptions): Promise<SecondServer> {
    const surroundings = locateCluster(cluster.dataFolder, silentLog());
    const programs = await findPrograms(surroundings.user, sharedFolder, silentLog());
    const folder = join(surroundings.folder, 'second');
    const port = await freePort(0);
    await cluster.copyTo(folder);
    if (follows !== null) await makeStandby(folder, cluster, follows.port, surroundings);
    const server = new SecondServer({ port, cluster, folder, programs, surroundings });
    await server.#start(settings);
    return server;
  }

  url(database: DatabaseOfCluster, role: 'owner' | 'gateway' | 'superuser'): string {
    return this.#cluster.url(database, role).replace(`:${this.#cluster.port}/`, `:${this.port}/`);
  }

  async run<Row extends pg.QueryResultRow>(database: DatabaseOfCluster, statement: string): Promise<Row[]> {
    const client = new pg.Client(this.url(database, 'superuser'));
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<Row>(statement)).rows;
    } finally {
      await client.end();
    }
  }

  async promote(): Promise<void> {
    await this.#control(['promote', '-w']);
  }

  async stop(): Promise<void> {
    await this.#control(['stop', '-m', 'immediate', '-w']);
  }

  async #start(settings: Readonly<Record<string, string>>): Promise<void> {
    const all = [
      ...serverSettings(this.port, true),
      ...Object.entries(settings).flatMap(([n, v]) => ['-c', `${n}=${v}`]),
    ];
    const options = all.map((word) => `'${word}'`).join(' ');
    await this.#control(['start', '-w', '-l', join(this.#folder, 'second.log'), '-o', options]);
  }

  #control([command = '', ...args]: readonly string[]): Promise<void> {
    return runProgram(this.#programs.pgCtl, [command, '-D', this.#folder, ...args], this.#surroundings);
  }
}

async function makeStandby(folder: string, cluster: Cluster, port: number, { user }: Surroundings): Promise<void> {
  const { username, password } = new URL(cluster.url('postgres', 'superuser'));
  const primary = `host=127.0.0.1 port=${port} user=${username} password=${password} application_name=standby`;
  await appendFile(join(folder, 'postgresql.auto.conf'), `primary_conninfo = '${primary}'\n`);
  const signal = join(folder, 'standby.signal');
  await writeFile(signal, '');
  if (user !== undefined) await chown(signal, user.uid, user.gid);
}
