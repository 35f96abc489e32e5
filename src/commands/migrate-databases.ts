import { migrate } from '../databases/migrate.ts';
import type { Log } from '../shared/log.ts';
import { requireOwnKind } from './own-kind.ts';
import { adviseOwner } from './owner-advice.ts';
import type { Roads, Runtime } from './runtime.ts';

/** Brings both databases up to date; a database that cannot be reached is said by name. */
export async function migrateDatabases(runtime: Runtime, log: Log): Promise<void> {
  await Promise.all(Object.values(runtime.roads).map((road: Roads) => migrateOne(road, log)));
}

export async function migrateOne(road: Roads, log: Log): Promise<readonly string[]> {
  try {
    await requireOwnKind(road);
    const done = await migrate(road.definition, road.owner, log);
    if (done.length > 0) log.info({ database: road.owner.database, migrations: done }, 'migrated');
    return done;
  } catch (error) {
    return adviseOwner(
      road,
      'migrate',
      ', or run `scrollback migrate` as the owner and set MIGRATE_ON_START=false',
    )(error);
  }
}
