import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import type { Cluster } from './cluster.ts';
import type { Checkout } from './checkouts.ts';

const bench = resolve(import.meta.dirname, '..');

/** What a figure depends on besides the code: printed above every result. */
export async function surroundings(
  cluster: Cluster,
  checkouts: readonly Checkout[],
  packages: readonly string[] = [],
): Promise<string[]> {
  const [version] = await cluster.run<{ server_version: string }>('postgres', 'SHOW server_version', 'superuser');
  const processors = cpus();
  return [
    `- ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, ${checkouts.map(commitOf).join(', ')}`,
    `- ${processors.length} × ${processors[0]?.model.trim() ?? 'unknown processor'}, ${(totalmem() / 2 ** 30).toFixed(0)} GB; servers, PostgreSQL and load on the same machine`,
    `- Node ${process.versions.node}, PostgreSQL ${version?.server_version ?? '?'} with the settings of the embedded server${packages.map(withVersion).join('')}`,
  ];
}

function commitOf({ name, folder }: Checkout): string {
  const git = (...args: string[]): string => execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8' }).trim();
  try {
    const isChanged = git('status', '--porcelain', '--', 'src', 'package.json') !== '';
    return `${name} at ${git('rev-parse', '--short', 'HEAD')}${isChanged ? ' with changes' : ''}`;
  } catch {
    return `${name} outside of git`;
  }
}

function withVersion(name: string): string {
  const file = join(bench, 'node_modules', name, 'package.json');
  if (!existsSync(file)) return '';
  return `, ${name} ${(JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version}`;
}
