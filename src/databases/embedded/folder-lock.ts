import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartupError } from '../../shared/errors.ts';
import { messageOf } from './complaint.ts';

export type ReleaseLock = () => void;

const sqliteBusy = 5;

/**
 * Takes a folder for this process alone. SQLite holds the lock, because it is the one lock of the operating system that Node
 * reaches without native modules: of two takers one wins, and a process that dies in whatever way loses it at that moment.
 */
export function lockFolder(folder: string): ReleaseLock {
  const pidFile = join(folder, 'scrollback.pid');
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(join(folder, 'scrollback.lock'));
    lock.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    writeFileSync(pidFile, String(process.pid));
  } catch (error) {
    lock?.close();
    throw isBusy(error) ? inUse(folder, pidFile) : notWritable(folder, error);
  }
  const held = lock;
  return () => {
    if (held.isOpen) held.close();
  };
}

const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy;

const inUse = (folder: string, pidFile: string): StartupError =>
  new StartupError(
    `${folder} is in use by another Scrollback (process ${readFileSync(pidFile, 'utf8')}). Stop it, or set SCROLLBACK_DATA to another folder.`,
  );

export const notWritable = (folder: string, cause: unknown): StartupError =>
  new StartupError(
    `The data folder ${folder} cannot be written (${messageOf(cause)}). Make it writable, or set SCROLLBACK_DATA to another folder.`,
    cause,
  );
