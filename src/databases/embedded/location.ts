import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { StartupError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { Surroundings } from './child-process.ts';
import { notWritable } from './folder-lock.ts';
import { canReach, isRoot, unprivilegedUser, type SystemUser } from './system-user.ts';

/** For what PostgreSQL's user must reach and cannot reach where it is. Used when started as root only. */
export const sharedFolder = '/var/lib/scrollback';

export const clusterIn = (folder: string): string => join(folder, 'postgres');

/** Makes the data folder when there is none: closed to others, but letting PostgreSQL's own user through when made by root. */
export function prepareDataFolder(dataFolder: string): string {
  const folder = resolve(dataFolder);
  try {
    if (makeFolder(folder)) chmodSync(folder, isRoot() ? 0o711 : 0o700);
    return realpathSync(folder);
  } catch (error) {
    throw notWritable(folder, error);
  }
}

/**
 * Whether it had to be made. One folder at a time: where none can be made and the system says that the parent is missing,
 * as in /proc, Node would make the parent for ever.
 */
function makeFolder(folder: string): boolean {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return false;
  if (!existsSync(folder)) makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    // Somebody else may have been quicker.
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return false;
    throw error;
  }
}

/** Where the cluster of a data folder is or shall be, and who runs it: in the folder itself unless that user cannot get there. */
export function locateCluster(dataFolder: string, log: Log): Surroundings {
  if (!isRoot()) return { folder: dataFolder, user: undefined };
  const folder = notedLocation(dataFolder) ?? dataFolder;
  const user = ownerOf(clusterIn(folder)) ?? unprivilegedUser();
  if (canReach(user, folder)) return { folder, user };
  if (!existsSync(clusterIn(folder))) return { folder: locateElsewhere(dataFolder, log), user };
  throw new StartupError(
    `PostgreSQL does not run as root, and the user ${user.uid} that owns ${clusterIn(folder)} cannot reach it. Make the folders above it passable (chmod o+x).`,
  );
}

/** The cluster that an earlier start made for the data folder; undefined where there is none. Makes nothing. */
export function existingCluster(dataFolder: string): string | undefined {
  if (!existsSync(dataFolder)) return undefined;
  const folder = realpathSync(dataFolder);
  const cluster = clusterIn(notedLocation(folder) ?? folder);
  return existsSync(cluster) ? cluster : undefined;
}

const noteOf = (dataFolder: string): string => join(dataFolder, 'postgres-location.txt');

function notedLocation(dataFolder: string): string | undefined {
  const note = noteOf(dataFolder);
  if (!existsSync(note)) return undefined;
  const folder = readFileSync(note, 'utf8').trim();
  if (existsSync(folder)) return folder;
  throw new StartupError(
    `${note} says that the database is in ${folder}, which does not exist. Bring it back, or delete ${dataFolder} to begin anew.`,
  );
}

/** A new name each time: a data folder that is deleted, moved or copied never meets the database of another one. */
function locateElsewhere(dataFolder: string, log: Log): string {
  mkdirSync(sharedFolder, { recursive: true });
  chmodSync(sharedFolder, 0o755);
  const folder = mkdtempSync(join(sharedFolder, 'database-'));
  chmodSync(folder, 0o711);
  writeFileSync(join(folder, 'belongs-to.txt'), `${dataFolder}\n`);
  writeFileSync(noteOf(dataFolder), `${folder}\n`);
  log.info(
    `PostgreSQL does not run as root and its user cannot reach ${dataFolder}: the database is kept in ${folder}`,
  );
  return folder;
}

function ownerOf(path: string): SystemUser | undefined {
  const owner = statSync(path, { throwIfNoEntry: false });
  return owner && owner.uid > 0 ? { uid: owner.uid, gid: owner.gid } : undefined;
}
