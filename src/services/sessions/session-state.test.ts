import { expect, test } from 'vitest';
import type { SessionRow } from '../../entities/agent-runtime/session.ts';
import { stateOf } from './session-state.ts';

const minute = (n: number): Date => new Date(Date.UTC(2026, 0, 1, 12, n));

const open = {
  isActive: true,
  lastActivity: minute(0),
  lifetimeSeconds: 600,
  closedAt: null,
  archivedAt: null,
} as unknown as SessionRow;

test.each<[string, Partial<SessionRow>, number, string]>([
  ['within its lifetime', {}, 9, 'ACTIVE'],
  ['at the end of its lifetime', {}, 10, 'EXPIRED'],
  ['without a lifetime', { lifetimeSeconds: null }, 59, 'ACTIVE'],
  ['closed in time, looked at late', { isActive: false, closedAt: minute(5) }, 59, 'CLOSED'],
  ['closed because it had expired', { isActive: false, closedAt: minute(11) }, 59, 'EXPIRED'],
  ['closed by a service that knows no closing time', { isActive: false }, 59, 'CLOSED'],
  ['closed by us, then saved by a service that did not know', { closedAt: minute(5) }, 59, 'CLOSED'],
  ['archived', { isActive: false, closedAt: minute(5), archivedAt: minute(6) }, 59, 'ARCHIVED'],
])('%s', (_what, session, at, state) => {
  expect(stateOf({ ...open, ...session }, minute(at))).toBe(state);
});
