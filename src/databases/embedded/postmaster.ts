import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What PostgreSQL says about its running server in the cluster's folder. */
interface PostmasterFile {
  readonly pid: number;
  readonly isReady: boolean;
}

export async function readPostmasterFile(cluster: string): Promise<PostmasterFile | undefined> {
  const lines = (await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const pid = Number(lines[0]);
  return pid > 0 ? { pid, isReady: lines[7]?.trim() === 'ready' } : undefined;
}

/** Whether a server runs on the cluster. After a crash the file may name a process that is something else by now. */
export async function isServed(cluster: string): Promise<boolean> {
  const file = await readPostmasterFile(cluster);
  return file !== undefined && (await commandOf(file.pid)).includes(cluster);
}

/**
 * Writes our own process into the file of a server that is gone. PostgreSQL would refuse to start when the number it finds there
 * belongs to anything alive (after a container's restart it often does); it disregards its parent's, and still makes sure by
 * other means that no process of the old server is left.
 */
export async function disownPostmasterFile(cluster: string): Promise<void> {
  const path = join(cluster, 'postmaster.pid');
  const content = await readFile(path, 'utf8').catch(() => undefined);
  if (content !== undefined) await writeFile(path, content.replace(/^.*/, String(process.pid)));
}

async function commandOf(pid: number): Promise<readonly string[] | string> {
  try {
    if (process.platform === 'linux') return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
    const [program, ...args] =
      process.platform === 'win32' ? windowsQuery(pid) : ['ps', '-o', 'command=', '-p', String(pid)];
    return (await promisify(execFile)(program, args)).stdout;
  } catch {
    return '';
  }
}

const windowsQuery = (pid: number): [string, ...string[]] => [
  'powershell',
  '-NoProfile',
  '-Command',
  `(Get-CimInstance Win32_Process -Filter 'ProcessId=${pid}').CommandLine`,
];
