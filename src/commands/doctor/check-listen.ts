import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Roads } from '../runtime.ts';
import { connected } from '../connected.ts';
import { ok, warning, type Finding } from './finding.ts';

const patienceMs = 2000;

/** Some poolers accept LISTEN and deliver nothing, so a notification is really sent. */
export async function checkListen({ direct, main }: Roads, about: string): Promise<Finding> {
  const channel = `scrollback_doctor_${randomUUID().replaceAll('-', '')}`;
  const heard = await connected(direct, async (listener) => {
    const notification = once(listener, 'notification', { signal: AbortSignal.timeout(patienceMs) });
    await listener.query(`LISTEN ${channel}`);
    await connected(main, (sender) => sender.query(`NOTIFY ${channel}`));
    return notification.then(
      () => true,
      () => false,
    );
  });
  if (heard) return ok(about, 'notifications arrive');
  return warning(
    about,
    'LISTEN is accepted and nothing arrives, as behind a pooler in transaction mode; changes are found by polling. Set AGENT_RUNTIME__DIRECT_DB_URL to a road past the pooler, or LIVE_NOTIFY=false.',
  );
}
