import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { StartupError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { createCluster, removeUnfinished } from './cluster.ts';
import {
  credentialsFile,
  newCredentials,
  readCredentials,
  urlOf,
  writeCredentials,
  type Credentials,
  type EmbeddedRole,
} from './credentials.ts';
import { lockFolder, type ReleaseLock } from './folder-lock.ts';
import { clusterIn, locateCluster, prepareDataFolder, sharedFolder } from './location.ts';
import { freePort, isFree } from './port.ts';
import { disownPostmasterFile, isServed } from './postmaster.ts';
import { findPrograms } from './programs.ts';
import { stopServer, type ServerKit } from './server.ts';
import { Supervisor } from './supervisor.ts';

export interface EmbeddedOptions {
  readonly dataFolder: string;
  readonly log: Log;
  /** False for tests: quicker, and a crash of the machine may cost the data. */
  readonly durable?: boolean;
}

/** A PostgreSQL of our own on the loopback address, alive until stopped. */
export interface EmbeddedPostgres {
  readonly port: number;
  url(database: string, role: EmbeddedRole): string;
  stop(): Promise<void>;
}

/** Starts the PostgreSQL of a data folder, which it creates the first time; one process at a time may do so. */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const dataFolder = prepareDataFolder(options.dataFolder);
  const locks = [lockFolder(dataFolder)];
  try {
    const place = locateCluster(dataFolder, options.log);
    // A copied data folder notes the same place as the original.
    if (place.folder !== dataFolder) locks.push(lockFolder(place.folder));
    const programs = await findPrograms(place.user, sharedFolder, options.log);
    const logFile = join(dataFolder, 'postgres.log');
    return await run(
      { ...place, programs, logFile, durable: options.durable ?? true, log: options.log },
      dataFolder,
      locks,
    );
  } catch (error) {
    release(locks);
    throw asStartupError(error);
  }
}

const release = (locks: readonly ReleaseLock[]): void => locks.forEach((unlock) => unlock());

export const asStartupError = (error: unknown): unknown =>
  error instanceof Error && 'syscall' in error
    ? new StartupError(`The embedded PostgreSQL could not start: ${error.message}`, error)
    : error;

async function run(kit: ServerKit, dataFolder: string, locks: readonly ReleaseLock[]): Promise<EmbeddedPostgres> {
  const cluster = clusterIn(kit.folder);
  await cleanUpAfterCrash(kit, cluster);
  const { supervisor, credentials } = await startOnFreePort(kit, cluster, knownOrNew(dataFolder, cluster), dataFolder);
  return {
    port: credentials.port,
    url: (database, role) => urlOf(credentials, database, role),
    stop: async () => {
      await supervisor.stop();
      release(locks);
    },
  };
}

/** We hold the lock, so a server that runs here lost its gateway to a crash. */
async function cleanUpAfterCrash(kit: ServerKit, cluster: string): Promise<void> {
  if (await isServed(cluster)) kit.log.warn('stopping the PostgreSQL server that a killed gateway left behind');
  await stopServer(kit, cluster);
  await removeUnfinished(kit, cluster);
  await disownPostmasterFile(cluster);
}

function knownOrNew(dataFolder: string, cluster: string): Credentials {
  const known = readCredentials(dataFolder);
  if (known) return known;
  if (!existsSync(cluster)) return newCredentials();
  throw new StartupError(
    `${cluster} is a database whose passwords are missing. Bring ${credentialsFile(dataFolder)} back, or move the database away to begin anew.`,
  );
}

const attempts = 3;

/** Between our look and PostgreSQL's start another program may take the port: then the next one. */
async function startOnFreePort(
  kit: ServerKit,
  cluster: string,
  known: Credentials,
  dataFolder: string,
): Promise<{ supervisor: Supervisor; credentials: Credentials }> {
  for (let attempt = 1; ; attempt += 1) {
    const credentials = { ...known, port: await freePort(known.port) };
    if (credentials.port !== known.port) writeCredentials(dataFolder, credentials);
    try {
      if (!existsSync(cluster)) await createCluster(kit, cluster, credentials);
      const supervisor = new Supervisor(kit, cluster, credentials.port);
      await supervisor.start();
      return { supervisor, credentials };
    } catch (error) {
      if (attempt === attempts || (await isFree(credentials.port))) throw error;
    }
  }
}
