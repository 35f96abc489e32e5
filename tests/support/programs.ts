import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';

/** Programs of the system's packages; `.ci/run` installs them, a machine of one's own may have none. */
const packages = { 'nats-server': 'nats-server', pgbouncer: 'pgbouncer' } as const;
type ProgramName = keyof typeof packages;

function pathOf(name: ProgramName): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Whether to skip, visibly, what needs the program; under CI its absence is a failure. */
export function isMissing(name: ProgramName): boolean {
  if (pathOf(name) !== undefined) return false;
  if (process.env['CI'] !== undefined)
    throw new Error(`${name} is not installed; apt-get install ${packages[name]} before the tests`);
  process.stdout.write(`skipped, because ${name} is not installed: apt-get install ${packages[name]}\n`);
  return true;
}

export interface RunningProgram {
  readonly child: ChildProcess;
  stop(): Promise<void>;
}

interface StartOptions {
  /** What it says once it serves. */
  readonly ready: RegExp;
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
}

/** Starts it and resolves, with what it said, once it serves. */
export async function startProgram(
  name: ProgramName,
  args: readonly string[],
  { ready, user }: StartOptions,
): Promise<RunningProgram & { readonly said: RegExpExecArray }> {
  const child = spawn(pathOf(name) ?? name, args, { stdio: ['ignore', 'ignore', 'pipe'], ...user });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    lines.push(line);
    const said = ready.exec(line);
    if (said === null) continue;
    child.stderr.resume();
    const stop = (): Promise<void> => {
      child.kill('SIGKILL');
      return ended;
    };
    return { child, said, stop };
  }
  throw new Error(`${name} ended: ${lines.join('\n')}`);
}
