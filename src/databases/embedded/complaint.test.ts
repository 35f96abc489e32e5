import { expect, test } from 'vitest';
import { complaintIn } from './complaint.ts';

test('the last complaint of a server log, without time and process', () => {
  const log = [
    '2026-01-01 09:59:59.000 UTC [6] ERROR:  relation "x" does not exist',
    '2026-01-01 10:00:00.000 UTC [7] LOG:  starting PostgreSQL 18.4',
    '2026-01-01 10:00:00.000 UTC [7] FATAL:  lock file "postmaster.pid" already exists',
    '2026-01-01 10:00:00.000 UTC [7] HINT:  Is another postmaster running?',
    '2026-01-01 10:00:00.000 UTC [7] LOG:  database system is shut down',
  ].join('\n');
  expect(complaintIn(log)).toBe('lock file "postmaster.pid" already exists (Is another postmaster running?)');
});

test('an error of initdb', () => {
  expect(
    complaintIn('running bootstrap script ... ok\ninitdb: error: could not write: No space left on device\n'),
  ).toBe('could not write: No space left on device');
});

test('output without a complaint ends with its last line', () => {
  expect(complaintIn('one\nKilled\n')).toBe('Killed');
});
