import type { Client } from 'pg';
import type { LiveConfig } from '../../config/config.ts';
import type { DatabaseConfig } from '../../config/database-config.ts';
import { StartupError } from '../../shared/errors.ts';
import { connectionAdvice } from '../connection-advice.ts';
import { requireOwnKind } from '../own-kind.ts';
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
  const mixedUp = await foundBy(about, () => checkKind(road, about));
  if (mixedUp.length > 0) return mixedUp;
  const found = await Promise.all([
    foundBy(about, () => connected(road.main, (client) => checkServer(client, about, road))),
    foundBy(about, () => checkMigrations(road, about, migratesOnStart)),
    foundBy(about, () => checkWakeUps(road, about, live)),
  ]);
  return found.flat();
}

/** With the other database's URL all else that could be said of it would be beside the point. */
async function checkKind({ definition, main }: Roads, about: string): Promise<readonly Finding[]> {
  try {
    await requireOwnKind({ definition, owner: main });
    return [];
  } catch (error) {
    if (error instanceof StartupError) return [problem(about, error.message)];
    throw error;
  }
}

async function checkServer(client: Client, about: string, road: Roads): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const check of [checkVersion, checkClock, checkRights, checkWalLevel])
    found.push(await check(client, about, road));
  return found;
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
