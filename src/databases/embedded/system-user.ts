import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { StartupError } from '../../shared/errors.ts';

/** A user of the operating system that a child process can be started as. */
export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

export const isRoot = (): boolean => process.getuid?.() === 0;

/** PostgreSQL refuses to run as root: the user that runs it instead, made when the machine has none to offer. */
export function unprivilegedUser(): SystemUser {
  const user = findUser('postgres', '_postgres', 'nobody', 'scrollback') ?? createUser();
  if (user !== undefined) return user;
  throw new StartupError(
    'PostgreSQL does not run as root and no other user could be created. Start Scrollback as an ordinary user.',
  );
}

function createUser(): SystemUser | undefined {
  spawnSync('useradd', ['--system', '--no-create-home', '--user-group', 'scrollback']);
  return findUser('scrollback');
}

function findUser(...names: string[]): SystemUser | undefined {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  const users = new Map(
    lines.map((line) => line.split(':')).map(([name, , uid, gid]) => [name, [Number(uid), Number(gid)]]),
  );
  for (const name of names) {
    const [uid = 0, gid = 0] = users.get(name) ?? [];
    if (uid > 0) return { uid, gid };
  }
  return undefined;
}

/** Whether every folder on the way lets the user through, and the thing at its end lets itself be entered or executed. */
export function canReach(user: SystemUser, path: string): boolean {
  const parent = dirname(path);
  return letsThrough(statSync(path), user) && (parent === path || canReach(user, parent));
}

function letsThrough(entry: Stats, user: SystemUser): boolean {
  const shift = entry.uid === user.uid ? 6 : entry.gid === user.gid ? 3 : 0;
  return ((entry.mode >> shift) & 1) === 1;
}
