import { migrate } from '../databases/migrate.ts';
import { StartupError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { advise } from './advise.ts';
import { requireOwnKind } from './own-kind.ts';
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
    if (lacksRights(error)) throw new StartupError(mayNotMigrate(road), error);
    return advise(road.owner)(error);
  }
}

const insufficientPrivilege = '42501';

const lacksRights = (error: unknown): boolean =>
  error instanceof Error && (('code' in error && error.code === insufficientPrivilege) || lacksRights(error.cause));

const mayNotMigrate = ({ owner, definition }: Roads): string =>
  `${owner.masked} may not migrate: the role ${owner.user} does not own the tables. Set ${migrationSettings[definition.name]} to the same database as its owner, or run \`scrollback migrate\` as the owner and set MIGRATE_ON_START=false.`;

const migrationSettings = {
  agentRuntime: 'AGENT_RUNTIME__MIGRATION_DB_URL',
  auth: 'AUTH_SERVICE__MIGRATION_DB_URL',
};
