import type { Client } from 'pg';
import type { LiveConfig } from '../../config/config.ts';
import type { DatabaseConfig } from '../../config/database-config.ts';
import { databaseLabels } from '../../databases/database-name.ts';
import { Database } from '../../databases/database.ts';
import { rowSecurityProblem } from '../../databases/row-security/switch.ts';
import { silentLog } from '../../shared/log.ts';
import { StartupError } from '../../shared/errors.ts';
import { connectionAdvice } from '../connection-advice.ts';
import { requireOwnKind } from '../own-kind.ts';
import type { Roads } from '../runtime.ts';
import { checkMigrations } from './check-migrations.ts';
import { checkClock, checkDefaults, checkPrepared, checkRights, checkVersion, checkWalLevel } from './check-server.ts';
import { checkWakeUps } from './check-wake-ups.ts';
import { connected } from '../connected.ts';
import { foundBy, ok, problem, type Finding } from './finding.ts';

export interface DatabaseChecks {
  readonly road: Roads;
  readonly migratesOnStart: boolean;
  readonly live: Pick<LiveConfig, 'wakeUps' | 'bus'>;
  /** Whether the gateway is to read behind row-level security. */
  readonly rowSecurity: boolean;
}

/** Everything about one database, as the gateway meets it. */
export async function checkDatabase({
  road,
  migratesOnStart,
  live,
  rowSecurity,
}: DatabaseChecks): Promise<readonly Finding[]> {
  const about = databaseLabels[road.definition.name];
  const unreachable = await connected(road.main, async () => null).catch((error: Error) => error);
  if (unreachable !== null) return [problem(about, connectionAdvice(road.main, unreachable))];
  const mixedUp = await foundBy(about, () => checkKind(road, about));
  if (mixedUp.length > 0) return mixedUp;
  const found = await Promise.all([
    foundBy(about, () => connected(road.main, (client) => checkServer(client, about, road))),
    foundBy(about, () => checkMigrations(road, about, migratesOnStart)),
    foundBy(about, () => checkWakeUps(road, about, live)),
    rowSecurity ? foundBy(about, () => checkRowSecurity(road, about)) : [],
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

async function checkRowSecurity({ definition, main }: Roads, about: string): Promise<Finding> {
  const database = Database.open(definition, main, silentLog());
  try {
    const text = await rowSecurityProblem(database);
    return text === null ? ok(about, 'row-level security is on') : problem(about, text);
  } finally {
    await database.close();
  }
}

async function checkServer(client: Client, about: string, road: Roads): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const check of [checkVersion, checkClock, checkRights, checkWalLevel])
    found.push(await check(client, about, road));
  return [...found, ...(await checkDefaults(client, about, road)), ...(await checkPrepared(client, about))];
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
