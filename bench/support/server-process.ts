import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Cluster } from './cluster.ts';
import type { Tokens } from './tokens.ts';

/** A server in a process of its own. */
export interface ServerProcess {
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

const startTimeoutMs = 60_000;

/** Every server, ours and the peers, says `http://…:<port>/` on standard output once it serves. */
export async function startProcess(program: string, env: Readonly<Record<string, string>>): Promise<ServerProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'scrollback-bench-'));
  const logFile = join(folder, 'log');
  const child = spawn(process.execPath, program.split(' '), {
    cwd: folder,
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'pipe', openSync(logFile, 'a')],
  });
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  const stop = async (): Promise<void> => {
    await end(child);
    process.off('exit', kill);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    return { pid: child.pid ?? 0, port: await portOf(child), stop };
  } catch (error) {
    const log = readFileSync(logFile, 'utf8').slice(-3000);
    await stop();
    throw new Error(`${program} did not start: ${log}`, { cause: error });
  }
}

async function portOf(child: ChildProcess): Promise<number> {
  if (child.stdout === null) throw new Error('the server has no standard output');
  const late = setTimeout(() => child.kill('SIGKILL'), startTimeoutMs);
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /http:\/\/[^/]+:(\d+)\//.exec(line)?.[1];
    said.push(line);
    if (port === undefined) continue;
    clearTimeout(late);
    child.stdout.resume();
    return Number(port);
  }
  clearTimeout(late);
  throw new Error(said.join('\n'));
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await ended;
  clearTimeout(late);
}

/** All load comes from one address, as few users: what is counted stays counted, and is never too much. */
const roomForLoad = {
  RATE_LIMIT_ADDRESS: '1000000',
  RATE_LIMIT_USER: '1000000',
  RATE_LIMIT_TENANT: '1000000',
  MAX_SOCKETS_PER_USER: '20000',
  MAX_OPERATIONS_PER_USER: '50000',
  OVERLOAD_LAG_MS: '0',
};

/** What `npm start` runs in a checkout, for Node. */
export function startCommandOf(checkout: string): string {
  if (!existsSync(join(checkout, 'dist/main.js'))) throw new Error(`${checkout} is not built: npm run build there`);
  const { scripts } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as {
    scripts: { start: string };
  };
  const [, ...words] = scripts.start.split(' ');
  return words.map((word) => (word.startsWith('bin/') ? join(checkout, word) : word)).join(' ');
}

/** The gateway of a checkout as the product runs in production, on the bench's PostgreSQL. */
export function startGateway(
  checkout: string,
  cluster: Cluster,
  tokens: Tokens,
  env: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  return startProcess(startCommandOf(checkout), {
    HOST: '127.0.0.1',
    PORT: '0',
    AGENT_RUNTIME__DB_URL: cluster.url('agent_runtime', 'gateway'),
    AGENT_RUNTIME__MIGRATION_DB_URL: cluster.url('agent_runtime', 'owner'),
    AUTH_SERVICE__DB_URL: cluster.url('auth_db', 'gateway'),
    AUTH_SERVICE__MIGRATION_DB_URL: cluster.url('auth_db', 'owner'),
    AUTH_PUBLIC_KEY_FILE: tokens.publicKeyFile,
    ...roomForLoad,
    ...env,
  });
}

/** A peer of bench/peers. It reads as the tables' owner, so that the gateway's rights may be as narrow as they like. */
export const startPeer = (program: string, cluster: Cluster): Promise<ServerProcess> =>
  startProcess(join(import.meta.dirname, '../peers', program), {
    AGENT_RUNTIME_URL: cluster.url('agent_runtime', 'owner'),
    AUTH_URL: cluster.url('auth_db', 'owner'),
  });
