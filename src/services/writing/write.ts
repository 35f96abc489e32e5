import type { EntityManager } from '@mikro-orm/postgresql';
import type { Sql } from '../../shared/sql.ts';
import type { DatabaseName } from '../../databases/database-name.ts';
import type { Database } from '../../databases/database.ts';
import type { Log } from '../../shared/log.ts';

/** Runs a unit of work in one transaction of one database and, once it is committed, wakes whoever waits for changes. */
export type Write = <Result>(work: (em: EntityManager) => Promise<Result>) => Promise<Result>;

/** Runs a statement that is a transaction of its own; its rows say whether it has written anything. */
export type WriteAtOnce = (statement: Sql) => Promise<boolean>;

export function writeTo(database: Database, written: (database: DatabaseName) => void, log: Log): Write {
  const tell = teller(database, written, log);
  return async (work) => {
    const result = await database.transaction(work);
    tell();
    return result;
  };
}

export function writeAtOnceTo(database: Database, written: (database: DatabaseName) => void, log: Log): WriteAtOnce {
  const tell = teller(database, written, log);
  return async (statement) => {
    const rows = await database.write(statement);
    if (rows.length > 0) tell();
    return rows.length > 0;
  };
}

function teller(database: Database, written: (database: DatabaseName) => void, log: Log): () => void {
  return () => {
    try {
      written(database.name);
    } catch (error) {
      // What is committed is committed: a wake-up that fails must not look like a write that failed.
      log.warn({ err: error }, 'a wake-up after a write failed');
    }
  };
}
