import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { SystemUser } from './system-user.ts';

/** Where and as whom a program of PostgreSQL runs; without a user: as whoever runs Scrollback. */
export interface Surroundings {
  readonly folder: string;
  readonly user: SystemUser | undefined;
}

/** What PostgreSQL needs of our environment and nothing more: a PGDATA or PGPORT of the user's must not leak in. */
const inherited = ['PATH', 'SystemRoot', 'TEMP', 'TMP'];

const environment = (): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(inherited.map((name) => [name, process.env[name]])),
  LC_ALL: 'C',
});

/** A process group of its own keeps the terminal's Ctrl-C away: the gateway drains first and stops PostgreSQL itself. */
export const spawnOptions = ({ folder, user }: Surroundings): SpawnOptions => ({
  cwd: folder,
  env: environment(),
  detached: true,
  windowsHide: true,
  ...(user && { uid: user.uid, gid: user.gid }),
});

export const endOf = (child: ChildProcess): string => String(child.exitCode ?? child.signalCode);

/** Runs a program to its end; rejects with what it said on standard error. */
export async function runProgram(program: string, args: readonly string[], surroundings: Surroundings): Promise<void> {
  const child = spawn(program, args, { ...spawnOptions(surroundings), stdio: ['ignore', 'ignore', 'pipe'] });
  const said = child.stderr ? text(child.stderr) : Promise.resolve('');
  const [, complaint] = await Promise.all([once(child, 'close'), said]);
  if (child.exitCode !== 0) throw new Error(complaint.trim() || `${program} ended with ${endOf(child)}`);
}
