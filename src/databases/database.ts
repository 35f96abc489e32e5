import { MikroORM, type EntityManager } from '@mikro-orm/postgresql';
import type { EntitySchema } from '@mikro-orm/core';
import { Migrator } from '@mikro-orm/migrations';
import pg from 'pg';
import type { Sql } from 'sql-template-tag';
import type { DatabaseConfig } from '../config/database-config.ts';
import type { Log } from '../shared/log.ts';
import { isRetryable, translateDatabaseError } from './database-errors.ts';
import type { DatabaseName } from './database-name.ts';
import { namedStatement } from './statement.ts';

type MigrationList = { name: string; class: new (...args: never[]) => unknown }[];

/** What makes one database of the two: its tables and their migrations. */
export interface DatabaseDefinition {
  readonly name: DatabaseName;
  readonly entities: readonly unknown[];
  readonly migrations: MigrationList;
}

const bigintType = 20;
const numericType = 1700;

/** Counts and log numbers stay far below 2^53; money is not kept here. */
const resultTypes = {
  getTypeParser(type: number, format?: 'text' | 'binary'): unknown {
    if (type === bigintType || type === numericType) return Number;
    return pg.types.getTypeParser(type, format);
  },
};

const maxAttempts = 5;

/**
 * One database: reads are named statements on MikroORM's own pool, writes are its units of work.
 * Failures come out translated; see database-errors.
 */
export class Database {
  readonly name: DatabaseName;
  readonly orm: MikroORM;
  readonly #pool: () => Promise<pg.Pool>;

  private constructor(name: DatabaseName, orm: MikroORM) {
    this.name = name;
    this.orm = orm;
    this.#pool = async () => orm.em.getConnection().getNativeClient();
  }

  /** Opens no connection yet: the gateway starts, and says so, while a database is down. */
  static open(definition: DatabaseDefinition, config: DatabaseConfig, log: Log): Database {
    const orm = new MikroORM({
      contextName: definition.name,
      entities: definition.entities as EntitySchema[],
      dbName: config.database,
      host: config.host,
      port: config.port,
      user: config.user,
      ...(config.password === undefined ? {} : { password: config.password }),
      driverOptions: config,
      extensions: [Migrator],
      migrations: {
        migrationsList: definition.migrations as never,
        tableName: 'scrollback.migrations',
        snapshot: false,
        allOrNothing: false,
        disableForeignKeys: false,
      },
      discovery: { warnWhenNoEntities: false },
      forceUtcTimezone: true,
      logger: (message) => log.debug(message),
      colors: false,
      debug: ['info'],
    });
    return new Database(definition.name, orm);
  }

  /** Runs a statement by its name; rows come as plain objects. */
  async query<Row extends object>(statement: Sql): Promise<Row[]> {
    try {
      const pool = await this.#pool();
      const result = await pool.query({ ...namedStatement(statement), types: resultTypes } as pg.QueryConfig);
      return result.rows as Row[];
    } catch (error) {
      throw translateDatabaseError(error, this.name);
    }
  }

  /** One unit of work in one transaction; runs again when it failed only because of concurrent ones. */
  async transaction<Result>(work: (em: EntityManager) => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.orm.em.fork().transactional(work);
      } catch (error) {
        if (isRetryable(error) && attempt < maxAttempts) continue;
        throw translateDatabaseError(error, this.name);
      }
    }
  }

  async close(): Promise<void> {
    await this.orm.close(true);
  }
}
