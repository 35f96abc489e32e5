import { readdirSync, readFileSync } from 'node:fs';

/** What Linux tells of processes; on other systems there is nothing to read, and the figures are left out. */

const ticksPerSecond = 100;

interface Stat {
  readonly parent: number;
  readonly ticks: number;
  readonly ticksOfEnded: number;
}

function statOf(pid: number): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [, parent = 0] = fields;
    const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15);
    return { parent, ticks: user + system, ticksOfEnded: endedUser + endedSystem };
  } catch {
    return null;
  }
}

/** CPU seconds of one process, its threads included. */
export const cpuSecondsOf = (pid: number): number => (statOf(pid)?.ticks ?? 0) / ticksPerSecond;

/** CPU seconds of a process, its living children and those that have ended: PostgreSQL with all its backends. */
export function cpuSecondsOfFamily(pid: number): number {
  const stats = processIds()
    .map((id) => ({ id, stat: statOf(id) }))
    .filter((process) => process.stat !== null && (process.id === pid || process.stat.parent === pid));
  const ticks = stats.reduce((sum, { stat }) => sum + (stat?.ticks ?? 0), statOf(pid)?.ticksOfEnded ?? 0);
  return ticks / ticksPerSecond;
}

function processIds(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** Resident memory in MB. */
export function residentMegabytes(pid: number): number {
  try {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes ?? 0) / 1024;
  } catch {
    return 0;
  }
}
