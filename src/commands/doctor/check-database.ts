import type { LiveConfig } from '../../config/config.ts';
import type { DatabaseConfig } from '../../config/database-config.ts';
import { connectionAdvice } from '../connection-advice.ts';
import type { Roads } from '../runtime.ts';
import { checkMigrations } from './check-migrations.ts';
import { checkClock, checkRights, checkVersion, checkWalLevel } from './check-server.ts';
import { checkWakeUps } from './check-wake-ups.ts';
import { connected } from '../connected.ts';
import { foundBy, ok, problem, type Finding } from './finding.ts';

export interface DatabaseChecks {
  readonly road: Roads;
  readonly migratesOnStart: boolean;
  readonly live: Pick<LiveConfig, 'wakeUps' | 'bus'>;
}

/** Everything about one database, as the gateway meets it. */
export async function checkDatabase({ road, migratesOnStart, live }: DatabaseChecks): Promise<readonly Finding[]> {
  const about = road.definition.name === 'auth' ? 'auth_db' : 'agent_runtime';
  const unreachable = await connected(road.main, async () => null).catch((error: Error) => error);
  if (unreachable !== null) return [problem(about, connectionAdvice(road.main, unreachable))];
  const serverChecks = [checkVersion, checkClock, checkRights, checkWalLevel];
  const findings = await foundBy(about, () =>
    connected(road.main, async (client) => {
      const found: Finding[] = [];
      for (const check of serverChecks) found.push(await check(client, about, road));
      return found;
    }),
  );
  return [
    ...findings,
    ...(await foundBy(about, () => checkMigrations(road, about, migratesOnStart))),
    ...(await foundBy(about, () => checkWakeUps(road, about, live))),
  ];
}

export async function checkReplica(replica: DatabaseConfig): Promise<Finding> {
  const about = 'replica';
  try {
    await connected(replica, (client) => client.query('SELECT 1'));
    return ok(about, `${replica.masked} answers`);
  } catch (error) {
    return problem(about, connectionAdvice(replica, error));
  }
}
