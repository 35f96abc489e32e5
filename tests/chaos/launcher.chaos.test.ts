import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { buildPrograms, programs } from './build.ts';

/** Where bin/scrollback.js finds itself in front of the program that was built for tests. */
let folder: string;
let launcher: ChildProcess;
let gateway: { readonly port: number; readonly pid: number; readonly said: readonly string[] } | undefined;

beforeAll(buildPrograms, 120_000);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scrollback-launcher-'));
  const root = resolve(import.meta.dirname, '../..');
  await mkdir(join(folder, 'bin'));
  await copyFile(join(root, 'bin/scrollback.js'), join(folder, 'bin/scrollback.js'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  await symlink(dirname(programs.gateway), join(folder, 'dist'));
});
afterEach(async () => {
  launcher.kill('SIGKILL');
  if (gateway !== undefined && isRunning(gateway.pid)) process.kill(gateway.pid, 'SIGKILL');
  await rm(folder, { recursive: true });
});

/** Makes the launcher take its own Node for one that is too old. */
const looksOld = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.0.0'}})`;

const nowhere = 'postgresql://nobody:nothing@127.0.0.1:1';

/** The gateway's port, and the process that serves there. */
async function served(): Promise<NonNullable<typeof gateway>> {
  launcher = spawn(process.execPath, ['--import', looksOld, join(folder, 'bin/scrollback.js'), 'start'], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      PORT: '0',
      SCROLLBACK_DATA: join(folder, 'data'),
      AGENT_RUNTIME__DB_URL: `${nowhere}/agent_runtime`,
      AUTH_SERVICE__DB_URL: `${nowhere}/auth_db`,
    },
    stdio: ['ignore', 'pipe', process.env['TEST_LOG'] === undefined ? 'ignore' : 'inherit'],
  });
  const said: string[] = [];
  for await (const line of createInterface({ input: launcher.stdout as NonNullable<typeof launcher.stdout> })) {
    said.push(line);
    const port = /http:\/\/[^/]+:(\d+)\/graphql/.exec(line)?.[1];
    if (port !== undefined) return { port: Number(port), pid: await childOf(launcher.pid), said };
  }
  throw new Error('the gateway ended before it served');
}

async function childOf(pid: number | undefined): Promise<number> {
  const listing = spawn('ps', ['-o', 'pid=', '--ppid', String(pid)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [found] = (await once(listing.stdout, 'data')) as [Buffer];
  return Number(found.toString());
}

const isAlive = async (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/livez`).then(
    () => true,
    () => false,
  );

it.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('a gateway does not outlive its launcher: %s', async (signal) => {
  gateway = await served();
  const { port, pid } = gateway;
  expect(await isAlive(port)).toBe(true);
  expect(pid).not.toBe(launcher.pid);
  launcher.kill(signal);
  await expect.poll(() => isAlive(port), { timeout: 20_000 }).toBe(false);
  await expect.poll(() => isRunning(pid), { timeout: 20_000 }).toBe(false);
});

it('a gateway whose databases are away does not call itself ready', async () => {
  gateway = await served();
  expect(gateway.said.join('\n')).toContain('waits for a database that cannot be reached');
  expect(gateway.said.join('\n')).not.toContain('is ready');
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
