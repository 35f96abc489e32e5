import { setTimeout as sleep } from 'node:timers/promises';
import type { HintMode } from '../../change-feed/hint-road.ts';
import { notTried } from '../../change-feed/proven-road.ts';
import { WakeUpRoads } from '../../change-feed/wake-up-roads.ts';
import type { LiveConfig } from '../../config/config.ts';
import { Database } from '../../databases/database.ts';
import { silentLog } from '../../shared/log.ts';
import type { Roads } from '../runtime.ts';
import { ok, warning, type Finding } from './finding.ts';

const patienceMs = 5000;

/** What lets a way work. */
const remedies: Readonly<Record<HintMode, string>> = {
  slot: 'give the role of the direct URL REPLICATION, and the server wal_level=logical',
  bus: 'let NATS_URL lead to a NATS server that runs',
  notify: 'give a URL past the pooler (AGENT_RUNTIME__DIRECT_DB_URL, AUTH_SERVICE__DIRECT_DB_URL)',
};

/** Tries the ways of being woken as a gateway does: what is sent has to come back. */
export async function checkWakeUps(
  { definition, main, direct }: Roads,
  about: string,
  config: Pick<LiveConfig, 'wakeUps' | 'bus'>,
): Promise<Finding> {
  const database = Database.open(definition, main, silentLog());
  const roads = new WakeUpRoads({ database, direct, config, heard: () => undefined, log: silentLog() });
  roads.start();
  try {
    for (let waited = 0; waited < patienceMs && !isSettled(roads.state, config); waited += 50) await sleep(50);
    return findingOf(roads.state, about, config);
  } finally {
    await roads.stop();
    await database.close();
  }
}

/** Every way that is better than the one in use has been tried; some will never work, and need not be waited for. */
function isSettled({ mode, notUsed }: WakeUpRoads['state'], { wakeUps }: Pick<LiveConfig, 'wakeUps'>): boolean {
  const better = mode === 'poll' ? wakeUps : wakeUps.slice(0, wakeUps.indexOf(mode));
  return better.every((way) => notUsed[way] !== notTried);
}

function findingOf(
  { mode, notUsed }: WakeUpRoads['state'],
  about: string,
  { wakeUps }: Pick<LiveConfig, 'wakeUps'>,
): Finding {
  const reasons = Object.entries(notUsed).map(([name, reason]) => `${name}: ${reason}`);
  const text = [`changes are noticed by ${mode}`, ...reasons].join('; ');
  if (mode !== 'poll' || wakeUps.length === 0) return ok(about, text);
  const advice = [...wakeUps.map((way) => remedies[way]), 'set LIVE_WAKEUPS=poll if that is meant'].join('; or ');
  return warning(about, `${text}. Changes of other gateways and services come with the next poll only: ${advice}.`);
}
