import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { canReach, isRoot, unprivilegedUser } from './system-user.ts';

const stranger = { uid: 54_321, gid: 54_321 };
let top: string;
let inner: string;

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'reach-'));
  inner = join(top, 'inner');
  mkdirSync(inner, { mode: 0o755 });
  chmodSync(top, 0o711);
});
afterEach(() => rmSync(top, { recursive: true }));

test('a folder is reached when every folder above it lets the user through', () => {
  expect(canReach(stranger, inner)).toBe(true);
  chmodSync(top, 0o700);
  expect(canReach(stranger, inner)).toBe(false);
});

test('a program is reached when it may be executed', () => {
  const program = join(inner, 'program');
  writeFileSync(program, '', { mode: 0o744 });
  expect(canReach(stranger, program)).toBe(false);
  chmodSync(program, 0o755);
  expect(canReach(stranger, program)).toBe(true);
});

test.runIf(isRoot())('the rights of the owner and of the group come before those of all others', () => {
  chownSync(inner, stranger.uid, stranger.gid);
  chmodSync(inner, 0o711);
  expect(canReach(stranger, inner)).toBe(true);
  chmodSync(inner, 0o611);
  expect(canReach(stranger, inner)).toBe(false);
  expect(canReach({ uid: 54_322, gid: stranger.gid }, inner)).toBe(true);
});

test.runIf(isRoot())('root finds somebody else to run PostgreSQL', () => {
  expect(unprivilegedUser().uid).toBeGreaterThan(0);
});
