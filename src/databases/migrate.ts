import { sql } from '../shared/sql.ts';
import pg from 'pg';
import type { DatabaseConfig } from '../config/database-config.ts';
import { StartupError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { Database, type DatabaseDefinition } from './database.ts';
import { isRetryable } from './database-errors.ts';

/** Any number will do, as long as every gateway uses the same. */
const migrationLock = 727_465_001;
const sessionsPerAdoption = 50;
const eventsPerIndexing = 1000;
/** With its wait for locks, about a minute. */
const maxAttempts = 90;
const pauseMs = 200;

/** Brings a database up to date. Gateways that start at once wait for each other; only one works. Returns what was run. */
export async function migrate(
  definition: DatabaseDefinition,
  owner: DatabaseConfig,
  log: Log,
): Promise<readonly string[]> {
  return withMigrationLock(owner, async () => {
    const database = Database.open(definition, owner, log);
    try {
      const pending = await database.orm.migrator.getPending();
      for (const { name } of pending) await run(database, name, log);
      if (definition.name === 'agentRuntime') await adoptExistingSessions(database, log);
      return pending.map((migration) => migration.name);
    } finally {
      await database.close();
    }
  });
}

/** Other services write while a migration runs. It gives way to them, and finds its moment at the next attempt or a later one. */
async function run(database: Database, name: string, log: Log): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await database.orm.migrator.up([name]);
      return;
    } catch (error) {
      if (!isRetryable(error)) throw error;
      if (attempt === maxAttempts) throw new StartupError(heldUp(name), error);
      log.info({ migration: name, attempt }, 'the tables are in use; the migration gives way and tries again');
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

const heldUp = (name: string): string =>
  `Migration ${name} found no moment in which the tables were free. End transactions that stay open (see pg_stat_activity), then migrate again.`;

/**
 * Polls for the lock: a connection that waits inside a statement would hold off CREATE INDEX CONCURRENTLY for ever. The
 * lock is a transaction's and not a session's, which behind a pooler in transaction mode would stay with a connection
 * that is somebody else's next.
 */
async function withMigrationLock<Result>(owner: DatabaseConfig, work: () => Promise<Result>): Promise<Result> {
  const client = new pg.Client(owner);
  // A lost connection shows up in the next query; without a listener it would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0');
    for (;;) {
      // With parameters, the statement would keep its snapshot until the next one, and indexes would wait for it.
      const result = await client.query<{ locked: boolean }>(
        `SELECT pg_try_advisory_xact_lock(${migrationLock}) AS locked`,
      );
      if (result.rows[0]?.locked === true) break;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    return await work();
  } finally {
    await client.end();
  }
}

/** Numbers the messages that were there before the log, and makes them searchable, a bounded piece at a time. */
async function adoptExistingSessions(database: Database, log: Log): Promise<void> {
  const adopted = await repeat(() =>
    count(database, sql`SELECT scrollback.adopt_sessions(${sessionsPerAdoption}) AS count`),
  );
  if (adopted > 0) log.info({ sessions: adopted }, 'numbered the messages of existing sessions');
  await repeat(() => count(database, sql`SELECT scrollback.index_documents(${eventsPerIndexing}) AS count`));
}

async function count(database: Database, statement: ReturnType<typeof sql>): Promise<number> {
  const rows = await database.query<{ count: number }>(statement);
  return rows[0]?.count ?? 0;
}

async function repeat(step: () => Promise<number>): Promise<number> {
  let total = 0;
  for (let taken = await step(); taken > 0; taken = await step()) total += taken;
  return total;
}
