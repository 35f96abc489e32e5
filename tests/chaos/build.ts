import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const output = join(root, 'node_modules/.cache/scrollback-chaos');

/** The programs that are run as processes of their own: the gateway as it is, and the deliberately broken ones. */
export const programs = {
  gateway: join(output, 'src/main.js'),
  broken: join(output, 'tests/chaos/broken/broken-gateway.js'),
};

/** Compiles them to a place of their own, so that a build in the same tree does not change them under a running test. */
export function buildPrograms(): void {
  mkdirSync(output, { recursive: true });
  writeFileSync(join(output, 'package.json'), '{ "type": "module", "version": "0.0.0" }\n');
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', import.meta.dirname], { encoding: 'utf8' });
  if (!Object.values(programs).every((program) => existsSync(program))) {
    throw new Error(`The programs under test were not built:\n${stdout}`);
  }
}
