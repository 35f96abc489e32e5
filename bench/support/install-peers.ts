import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { say } from './options.ts';

const bench = resolve(import.meta.dirname, '..');
const run = promisify(execFile);

/** The peers come from npm when they are first wanted, and again when the lock file is newer. */
export async function installPeers(): Promise<void> {
  if (!isInstalled()) {
    say('Installing the peers (npm ci in bench/) …');
    await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: bench,
      shell: process.platform === 'win32',
    });
  }
  // All are type-checked; the Apollo peer has decorators, which Node does not run as they stand.
  const compiler = resolve(bench, '../node_modules/typescript/bin/tsc');
  await run(process.execPath, [compiler, '-p', bench]);
}

function isInstalled(): boolean {
  const installed = join(bench, 'node_modules/.package-lock.json');
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(bench, 'package-lock.json')).mtimeMs;
}
