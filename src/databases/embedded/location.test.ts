import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { prepareDataFolder } from './location.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'scrollback-location-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('a data folder is made with all that leads to it, and closed to others', () => {
  const wanted = join(folder, 'a', 'b', 'data');
  expect(prepareDataFolder(wanted)).toContain('a/b/data');
  expect(statSync(wanted).mode & 0o077).toBe(process.getuid?.() === 0 ? 0o011 : 0);
  expect(prepareDataFolder(wanted)).toContain('a/b/data');
});

it('a file is no data folder', () => {
  writeFileSync(join(folder, 'file'), '');
  for (const wanted of ['file', 'file/inside'])
    expect(() => prepareDataFolder(join(folder, wanted))).toThrow(/cannot be written .*SCROLLBACK_DATA/);
});

it.skipIf(!existsSync('/proc/self'))('where nothing can be made it says so, and soon', () => {
  const module = pathToFileURL(join(import.meta.dirname, 'location.ts')).href;
  const source = `const { prepareDataFolder } = await import('${module}');
    try { prepareDataFolder('/proc/foo/bar'); } catch (error) { console.log(error.message); }`;
  const made = spawnSync(process.execPath, ['--input-type=module', '--eval', source], { timeout: 10_000 });
  expect(made.stdout.toString()).toMatch(/^The data folder \/proc\/foo\/bar cannot be written .*SCROLLBACK_DATA/);
});
