import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StartupError } from '../../shared/errors.ts';
import { lockFolder } from './folder-lock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('one at a time, and the second learns who the first is', () => {
  const release = lockFolder(folder);
  expect(() => lockFolder(folder)).toThrow(
    `${folder} is in use by another Scrollback (process ${process.pid}). Stop it, or set SCROLLBACK_DATA to another folder.`,
  );
  release();
  release();
  lockFolder(folder)();
});

test('a folder that takes no file is named', () => {
  const missing = join(folder, 'missing');
  expect(() => lockFolder(missing)).toThrow(StartupError);
  expect(() => lockFolder(missing)).toThrow(`The data folder ${missing} cannot be written`);
});
