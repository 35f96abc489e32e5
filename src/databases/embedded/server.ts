import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, renameSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { StartupError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { endOf, runProgram, spawnOptions, type Surroundings } from './child-process.ts';
import { complaintIn } from './complaint.ts';
import { isServed, readPostmasterFile } from './postmaster.ts';
import type { Programs } from './programs.ts';
import { serverSettings } from './server-settings.ts';

/** All that it takes to run a server, apart from the cluster and the port. */
export interface ServerKit extends Surroundings {
  readonly programs: Programs;
  readonly logFile: string;
  readonly durable: boolean;
  readonly log: Log;
}

/** A server that accepts connections. */
export interface RunningServer {
  /** Resolves when the process ends, with how it ended. */
  readonly ended: Promise<string>;
}

const stopModes = [
  { mode: 'fast', seconds: 20 },
  { mode: 'immediate', seconds: 10 },
];

/** Starts PostgreSQL and waits until it accepts connections, however long it recovers from a crash. */
export async function startServer(kit: ServerKit, cluster: string, port: number): Promise<RunningServer> {
  const output = openLog(kit.logFile);
  const child = spawn(kit.programs.postgres, ['-D', cluster, ...serverSettings(port, kit.durable)], {
    ...spawnOptions(kit),
    stdio: ['ignore', output.descriptor, output.descriptor],
  });
  closeSync(output.descriptor);
  await once(child, 'spawn');
  const ended = once(child, 'exit').then(() => endOf(child));
  while (child.exitCode === null && child.signalCode === null) {
    const file = await readPostmasterFile(cluster);
    if (file?.pid === child.pid && file?.isReady) return { ended };
    await sleep(20);
  }
  throw new StartupError(
    `The embedded PostgreSQL did not start: ${await lastComplaint(kit.logFile, output.size)} (log: ${kit.logFile})`,
  );
}

/** Stops whatever server runs on the cluster: cleanly, or after a while hard, which costs the next start a recovery. */
export async function stopServer(kit: ServerKit, cluster: string): Promise<void> {
  for (const { mode, seconds } of stopModes) {
    if (!(await isServed(cluster))) return;
    const args = ['stop', '-D', cluster, '-m', mode, '-w', '-t', String(seconds)];
    await runProgram(kit.programs.pgCtl, args, kit).catch((error: unknown) => {
      kit.log.warn({ err: error }, `the embedded PostgreSQL did not stop in ${mode} mode`);
    });
  }
  if (await isServed(cluster))
    throw new StartupError(`The server of ${cluster} could not be stopped. Stop it by hand.`);
}

const largestLog = 10_000_000;

/** The log is a file that outlives us, not a pipe: a server whose gateway was killed must not choke on its own messages. */
function openLog(logFile: string): { descriptor: number; size: number } {
  const size = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  if (size > largestLog) renameSync(logFile, `${logFile}.old`);
  return { descriptor: openSync(logFile, 'a', 0o600), size: size > largestLog ? 0 : size };
}

async function lastComplaint(logFile: string, from: number): Promise<string> {
  return complaintIn((await readFile(logFile)).subarray(from).toString());
}
