import { readdir, readFile } from 'node:fs/promises';

/** Milliseconds of CPU that a process and all its children, ended ones included, have used; Linux only. */
export async function cpuTimeMs(pid: number): Promise<number> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const all = await Promise.all(processes.map((name) => ticksOf(Number(name))));
  const own = all.find((found) => found?.pid === pid);
  const children = all.filter((found) => found?.parent === pid);
  const ticks = (own?.ended ?? 0) + [own, ...children].reduce((sum, found) => sum + (found?.ticks ?? 0), 0);
  return ticks * 10;
}

interface Ticks {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
  /** Of children that have ended. */
  readonly ended: number;
}

async function ticksOf(pid: number): Promise<Ticks | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  // The second field is the program's name in brackets, which may hold anything.
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15);
  return { pid, parent: fields[1] ?? 0, ticks: user + system, ended: endedUser + endedSystem };
}
