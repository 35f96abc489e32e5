import { asStartupError, type EmbeddedPostgres } from './embedded-postgres.ts';
import { readCredentials, urlOf } from './credentials.ts';
import { existingCluster } from './location.ts';
import { isServed, readPostmasterFile } from './postmaster.ts';

/** The server that a gateway keeps running on the data folder; null where there is none. Stopping it is the gateway's business. */
export async function runningEmbeddedPostgres({
  dataFolder,
}: {
  dataFolder: string;
}): Promise<EmbeddedPostgres | null> {
  try {
    const cluster = existingCluster(dataFolder);
    const credentials = readCredentials(dataFolder);
    if (cluster === undefined || credentials === undefined || !(await isReady(cluster))) return null;
    return {
      port: credentials.port,
      url: (database, role) => urlOf(credentials, database, role),
      stop: async () => undefined,
    };
  } catch (error) {
    throw asStartupError(error);
  }
}

const isReady = async (cluster: string): Promise<boolean> =>
  (await readPostmasterFile(cluster))?.isReady === true && (await isServed(cluster));
