import { chown, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ClientConfig } from 'pg';
import { StartupError } from '../../shared/errors.ts';
import { runProgram } from './child-process.ts';
import { complaintIn, messageOf } from './complaint.ts';
import { roleNames, type Credentials } from './credentials.ts';
import { connect, runInitScripts } from './init-scripts.ts';
import { startServer, stopServer, type ServerKit } from './server.ts';
import type { SystemUser } from './system-user.ts';

/** A first start works under such a name and renames at its very end: a folder with the final name is always complete. */
const unfinishedPrefix = (cluster: string): string => `${cluster}.new-`;

/** Creates the cluster with its roles, databases and passwords. */
export async function createCluster(kit: ServerKit, cluster: string, credentials: Credentials): Promise<void> {
  const unfinished = await mkdtemp(unfinishedPrefix(cluster));
  await giveTo(kit.user, unfinished);
  await initialise(kit, unfinished, credentials.passwords.superuser);
  await startServer(kit, unfinished, credentials.port);
  try {
    await fill(credentials);
  } finally {
    await stopServer(kit, unfinished);
  }
  await rename(unfinished, cluster);
}

/** What an interrupted first start left behind. An initdb that still writes there loses its ground and gives up. */
export async function removeUnfinished(kit: ServerKit, cluster: string): Promise<void> {
  for (const name of await readdir(dirname(cluster))) {
    const path = join(dirname(cluster), name);
    if (!path.startsWith(unfinishedPrefix(cluster))) continue;
    await stopServer(kit, path);
    await rm(path, { recursive: true, force: true, maxRetries: 3 }).catch((error: unknown) =>
      kit.log.warn({ err: error }, `${path} was not removed`),
    );
  }
}

const giveTo = async (user: SystemUser | undefined, path: string): Promise<void> => {
  if (user) await chown(path, user.uid, user.gid);
};

async function initialise(kit: ServerKit, cluster: string, password: string): Promise<void> {
  const passwordFile = `${cluster}.password`;
  await writeFile(passwordFile, password, { mode: 0o600 });
  try {
    await giveTo(kit.user, passwordFile);
    await initdb(kit, cluster, passwordFile);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/**
 * Text sorts by code point, the same on every machine. The parser of full-text search asks the operating system's locale what a
 * letter is: with plain C, the quotes of «привет» would belong to the word, so that is the last resort.
 */
const characterTypes = ['C.UTF-8', 'en_US.UTF-8', 'C'];

async function initdb(kit: ServerKit, cluster: string, passwordFile: string): Promise<void> {
  const args = [
    `--pgdata=${cluster}`,
    `--username=${roleNames.superuser}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
  ];
  const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  let complaint = '';
  for (const characterType of characterTypes) {
    try {
      return await runProgram(kit.programs.initdb, [...args, ...locale, `--lc-ctype=${characterType}`], kit);
    } catch (error) {
      complaint = messageOf(error);
      if (!complaint.includes('invalid locale name')) break;
    }
  }
  throw new StartupError(`The embedded PostgreSQL could not create its database: ${complaintIn(complaint)}`);
}

async function fill({ port, passwords }: Credentials): Promise<void> {
  const connection = connectionTo(port, passwords.superuser);
  await runInitScripts(connection);
  const client = await connect(connection);
  for (const role of ['owner', 'gateway'] as const) {
    await client.query(`ALTER ROLE ${roleNames[role]} PASSWORD '${passwords[role]}'`);
  }
  await client.end();
}

/** Everything is said, so that no PGHOST or PGSSLMODE of the user's leads elsewhere. */
const connectionTo = (port: number, password: string): ClientConfig => ({
  host: '127.0.0.1',
  port,
  user: roleNames.superuser,
  password,
  database: 'postgres',
  ssl: false,
});
