import type { EntityManager } from '@mikro-orm/postgresql';
import { insertAuditLog } from '../audit/insert-audit-log.ts';
import { demoId } from './demo-id.ts';
import { appClientId } from './oauth-clients.ts';
import type { StageUser } from './stage.ts';
import { hoursAfter } from './times.ts';

interface Entry {
  readonly hoursAgo: number;
  readonly user: string | null;
  readonly event: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly failure?: string;
}

/** Oldest first: the trail numbers its entries as they come. */
const entries: readonly Entry[] = [
  { hoursAgo: 319, user: 'demo', event: 'login_success' },
  { hoursAgo: 263, user: 'demo', event: 'login_success' },
  { hoursAgo: 191, user: 'irina', event: 'login_success' },
  { hoursAgo: 170, user: 'demo', event: 'login_success' },
  { hoursAgo: 166.9, user: 'demo', event: 'approval_decided', data: { decision: 'APPROVE', requestType: 'plan' } },
  { hoursAgo: 141, user: 'marco', event: 'login_success' },
  { hoursAgo: 118.9, user: 'demo', event: 'approval_decided', data: { decision: 'APPROVE', requestType: 'tool' } },
  { hoursAgo: 96, user: null, event: 'login_failed', data: { username: 'root' }, failure: 'Unknown user' },
  { hoursAgo: 95.9, user: null, event: 'login_failed', data: { username: 'administrator' }, failure: 'Unknown user' },
  {
    hoursAgo: 95.8,
    user: null,
    event: 'rate_limit_exceeded',
    data: { limit: 'login', attempts: 12 },
    failure: 'Too many attempts',
  },
  { hoursAgo: 92.5, user: 'admin', event: 'login_success', data: { mfa: true } },
  { hoursAgo: 74, user: 'demo', event: 'token_refresh', data: { rotated: true } },
  { hoursAgo: 70.9, user: 'demo', event: 'approval_decided', data: { decision: 'REJECT', requestType: 'tool' } },
  { hoursAgo: 51, user: 'irina', event: 'login_failed', data: { username: 'irina' }, failure: 'Wrong password' },
  { hoursAgo: 50.9, user: 'irina', event: 'login_success' },
  { hoursAgo: 26, user: 'admin', event: 'token_revoke', data: { username: 'marco', reason: 'lost device' } },
  { hoursAgo: 22, user: 'marco', event: 'login_success' },
  { hoursAgo: 2, user: 'demo', event: 'token_refresh', data: { rotated: true } },
];

const agent = 'CodelabApp/2.4 (Flutter; Android 15)';

export async function seedAuditTrail(
  em: EntityManager,
  users: ReadonlyMap<string, StageUser>,
  now: Date,
): Promise<void> {
  for (const [index, entry] of entries.entries()) {
    const { user, data = {}, failure } = entry;
    await insertAuditLog(em, {
      id: demoId(`audit/${index}`),
      userId: user === null ? null : (users.get(user)?.id ?? null),
      clientId: appClientId,
      eventType: entry.event,
      eventData: { ...data },
      ipAddress: user === null ? '203.0.113.77' : '198.51.100.24',
      userAgent: user === null ? 'python-requests/2.31' : agent,
      success: failure === undefined,
      errorMessage: failure ?? null,
      createdAt: hoursAfter(now, -entry.hoursAgo),
    });
  }
}
