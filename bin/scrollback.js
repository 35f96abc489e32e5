#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The oldest Node that our libraries run on. An older one hands over to the Node that npm installed with us. */
const oldest = [22, 17];

function isRecentEnough() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

function findBundledNode() {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('node/package.json'));
    return ['node', 'node.exe'].map((name) => join(folder, 'bin', name)).find(existsSync);
  } catch {
    return undefined;
  }
}

function passSignals(child) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to both processes already.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
}

function handOver() {
  const node = findBundledNode();
  if (!node) {
    const needed = oldest.join('.');
    console.error(
      `Scrollback needs Node ${needed} or newer and this is ${process.versions.node}. Install a newer one, or run npm ci here to fetch it.`,
    );
    process.exit(1);
  }
  const heap = process.execArgv.filter((flag) => flag.startsWith('--max-old-space-size'));
  const child = spawn(node, [...heap, ...process.argv.slice(1)], {
    // Over the channel the child notices when this process is killed.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  passSignals(child);
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

if (isRecentEnough()) await import('../dist/main.js');
else handOver();
