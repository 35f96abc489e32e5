import type { EntityManager } from '@mikro-orm/postgresql';
import type { DatabaseName } from '../../databases/database-name.ts';
import type { Database } from '../../databases/database.ts';
import type { Log } from '../../shared/log.ts';

/** Runs a unit of work in one transaction of one database and, once it is committed, wakes whoever waits for changes. */
export type Write = <Result>(work: (em: EntityManager) => Promise<Result>) => Promise<Result>;

export function writeTo(database: Database, written: (database: DatabaseName) => void, log: Log): Write {
  return async (work) => {
    const result = await database.transaction(work);
    try {
      written(database.name);
    } catch (error) {
      // What is committed is committed: a wake-up that fails must not look like a write that failed.
      log.warn({ err: error }, 'a wake-up after a write failed');
    }
    return result;
  };
}
