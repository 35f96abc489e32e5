import type { EntityManager } from '@mikro-orm/postgresql';
import type { DatabaseName } from '../../databases/database-name.ts';
import type { Database } from '../../databases/database.ts';

/** Runs a unit of work in one transaction of one database and, once it is committed, wakes whoever waits for changes. */
export type Write = <Result>(work: (em: EntityManager) => Promise<Result>) => Promise<Result>;

export function writeTo(database: Database, written: (database: DatabaseName) => void): Write {
  return async (work) => {
    const result = await database.transaction(work);
    written(database.name);
    return result;
  };
}
