import { MikroORM, type EntityManager } from '@mikro-orm/postgresql';
import type { EntitySchema } from '@mikro-orm/core';
import { Migrator } from '@mikro-orm/migrations';
import pg from 'pg';
import type { DatabaseConfig } from '../config/database-config.ts';
import type { Log } from '../shared/log.ts';
import {
  isOutdatedStatement,
  isRetryable,
  isSilence,
  isStrangersStatement,
  isUnavailable,
  translateDatabaseError,
} from './database-errors.ts';
import { databaseLabels, type DatabaseName } from './database-name.ts';
import type { Statement } from './row-security/read-for.ts';
import { patientClient } from './patient-client.ts';
import { withoutLostPlaces } from './lost-places.ts';
import type { Form } from './column-parsers.ts';
import { runStatement, type ReadOptions } from './run-statement.ts';
import { namedStatement } from './statement.ts';

type MigrationList = { name: string; class: new (...args: never[]) => unknown }[];

/** What makes one database of the two: its tables and their migrations. */
export interface DatabaseDefinition {
  readonly name: DatabaseName;
  readonly entities: readonly unknown[];
  readonly migrations: MigrationList;
}

/** Beyond what the server allows a statement, after which it would have said so. */
const silenceMs = 1000;

/** What finds out connections whose other end is gone without a word: the idle ones, and those that wait for an answer. */
const watchful = (config: DatabaseConfig): pg.PoolConfig => ({
  ...config,
  keepAlive: true,
  keepAliveInitialDelayMillis: 5000,
  Client: patientClient(config.statement_timeout === undefined ? null : config.statement_timeout + silenceMs),
});

/** When one connection has fallen silent, so have those that wait in the pool, most likely; new ones are cheap. */
async function dropIdle(pool: pg.Pool): Promise<void> {
  const idle = await Promise.allSettled(Array.from({ length: pool.idleCount }, () => pool.connect()));
  for (const client of idle) if (client.status === 'fulfilled') client.value.release(true);
}

function replicaPool(config: pg.PoolConfig, log: Log): pg.Pool {
  const pool = new pg.Pool(config);
  // The pool replaces what it lost; without a listener the loss would end the process, also while a statement runs there,
  // which fails by itself.
  pool.on('error', (error) => log.warn({ error: error.message }, 'the replica closed a connection'));
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

export interface DatabaseOptions {
  readonly replica?: DatabaseConfig | null;
  /** Whether statements that say for whom they read run as the viewer's role, behind the tables' own policies. */
  readonly rowSecurity?: boolean;
}

const maxAttempts = 5;

/**
 * One database: reads are named statements on MikroORM's own pool, writes are its units of work.
 * Failures come out translated; see database-errors.
 */
export class Database {
  readonly name: DatabaseName;
  readonly orm: MikroORM;
  readonly #pool: () => Promise<pg.Pool>;
  readonly #replica: pg.Pool | null;
  readonly #rowSecurity: boolean;
  readonly #log: Log;
  #opening: Promise<pg.Pool> | null = null;
  #opened: pg.Pool | null = null;
  #keepsStatements = true;

  private constructor(
    name: DatabaseName,
    orm: MikroORM,
    log: Log,
    { replica, rowSecurity }: { replica: pg.Pool | null; rowSecurity: boolean },
  ) {
    this.name = name;
    this.orm = orm;
    this.#replica = replica;
    this.#rowSecurity = rowSecurity;
    this.#log = log;
    this.#pool = () => (this.#opening ??= this.#open());
  }

  /** Once, however many statements are the first; and again, where MikroORM could not connect. */
  async #open(): Promise<pg.Pool> {
    try {
      this.#opened = withoutLostPlaces(await this.orm.em.getConnection().getNativeClient());
      return this.#opened;
    } catch (error) {
      this.#opening = null;
      throw error;
    }
  }

  /** Opens no connection yet: the gateway starts, and says so, while a database is down. */
  static open(
    definition: DatabaseDefinition,
    config: DatabaseConfig,
    log: Log,
    { replica = null, rowSecurity = false }: DatabaseOptions = {},
  ): Database {
    // The steps of a viewer's read travel together, instead of waiting for each other's answers.
    const poolOf = (road: DatabaseConfig): pg.PoolConfig => ({
      ...watchful(road),
      ...(rowSecurity && { pipeline: true }),
    });
    const orm = new MikroORM({
      contextName: definition.name,
      entities: definition.entities as EntitySchema[],
      dbName: config.database,
      // Written into every statement, because a role's search_path may lead elsewhere.
      schema: 'public',
      host: config.host,
      port: config.port,
      user: config.user,
      ...(config.password === undefined ? {} : { password: config.password }),
      driverOptions: poolOf(config),
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
    return new Database(definition.name, orm, log, {
      replica: replica === null ? null : replicaPool(poolOf(replica), log),
      rowSecurity,
    });
  }

  /** Runs a statement by its name; rows come as plain objects. */
  async query<Row extends object>(statement: Statement, options: ReadOptions = {}): Promise<Row[]> {
    return (await this.#run(this.#pool, statement, 'objects', options)) as Row[];
  }

  /** The same where an answer may be a little behind: on the replica, if there is one and it can be reached. */
  async read<Row extends object>(statement: Statement, options: ReadOptions = {}): Promise<Row[]> {
    return (await this.#readWith(statement, 'objects', options)) as Row[];
  }

  /** Rows as lists of texts, for whoever writes them on as texts. */
  async queryRows(statement: Statement, options: ReadOptions = {}): Promise<unknown[][]> {
    return (await this.#run(this.#pool, statement, 'texts', options)) as unknown[][];
  }

  async readRows(statement: Statement, options: ReadOptions = {}): Promise<unknown[][]> {
    return (await this.#readWith(statement, 'texts', options)) as unknown[][];
  }

  async #readWith(statement: Statement, form: Form, options: ReadOptions): Promise<unknown[]> {
    if (this.#replica === null) return this.#run(this.#pool, statement, form, options);
    try {
      const replica = this.#replica;
      return await this.#run(() => Promise.resolve(replica), statement, form, options);
    } catch (error) {
      if (isUnavailable(error)) return this.#run(this.#pool, statement, form, options);
      throw error;
    }
  }

  #keepNoStatements(): void {
    if (!this.#keepsStatements) return;
    this.#keepsStatements = false;
    this.#log.warn(
      { database: databaseLabels[this.name] },
      'a pooler mixes up prepared statements, so none are prepared any more',
    );
  }

  async #run(
    poolOf: () => Promise<pg.Pool>,
    statement: Statement,
    form: Form,
    options: ReadOptions,
    keeps = this.#keepsStatements,
  ): Promise<unknown[]> {
    let pool: pg.Pool | undefined;
    try {
      // The first statement connects MikroORM, which can fail like the statement itself.
      pool = await poolOf();
      const { name, ...unnamed } = namedStatement(statement);
      const named = keeps ? { name, ...unnamed } : unnamed;
      const readFor = this.#rowSecurity ? statement.readFor : undefined;
      return await runStatement(pool, { ...named, ...(readFor !== undefined && { readFor }) }, form, options);
    } catch (error) {
      if (keeps && isStrangersStatement(error)) {
        this.#keepNoStatements();
        // It was refused before it began.
        return this.#run(poolOf, statement, form, options);
      }
      // Every connection finds that out by itself, is replaced, and prepares it anew.
      if (keeps && isOutdatedStatement(error)) return this.#run(poolOf, statement, form, options, false);
      if (pool !== undefined && isSilence(error)) void dropIdle(pool);
      throw translateDatabaseError(error, this.name);
    }
  }

  /** Whether the tables' own policies have to know for whom a statement reads. */
  get readsAsViewer(): boolean {
    return this.#rowSecurity;
  }

  /** How the pool is used; null before the first statement. */
  connections(): Readonly<Record<'open' | 'idle' | 'waiting', number>> | null {
    if (this.#opened === null) return null;
    const { totalCount, idleCount, waitingCount } = this.#opened;
    return { open: totalCount, idle: idleCount, waiting: waitingCount };
  }

  /** One unit of work in one transaction; runs again when it failed only because of concurrent ones. */
  async transaction<Result>(work: (em: EntityManager) => Promise<Result>): Promise<Result> {
    try {
      return await again(() => this.orm.em.fork().transactional(work));
    } catch (error) {
      throw translateDatabaseError(error, this.name);
    }
  }

  /** One statement as a transaction of its own, by its name; runs again as other transactions do. */
  write<Row extends object>(statement: Statement): Promise<Row[]> {
    return again(() => this.query<Row>(statement));
  }

  async close(): Promise<void> {
    await Promise.all([this.orm.close(true), this.#replica?.end()]);
  }
}

async function again<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!isRetryable(error) || attempts === maxAttempts) throw error;
    }
  }
}
