import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Cluster } from './cluster.ts';
import type { Ledger } from './ledger.ts';
import type { SeededRandom } from './random.ts';

export interface SqlWriterOptions {
  readonly name: string;
  readonly cluster: Cluster;
  /** Sessions that messages are added to. */
  readonly sessions: readonly string[];
  /** Sessions that are saved by deleting and inserting everything. */
  readonly savedSessions: readonly string[];
  readonly ledger: Ledger;
  readonly random: SeededRandom;
  /** Longest pause between transactions. */
  readonly pauseMs: number;
}

const longestHoldMs = 500;
const longestHorizonHoldMs = 150;

/** Writes as the services of the field do, in plain SQL and without knowing of any log. */
export class SqlWriter {
  readonly #options: SqlWriterOptions;
  readonly #work: Promise<void>;
  #stopping = false;
  #written = 0;

  constructor(options: SqlWriterOptions) {
    this.#options = options;
    this.#work = this.#writeUntilStopped();
  }

  stop(): Promise<void> {
    this.#stopping = true;
    return this.#work;
  }

  async #writeUntilStopped(): Promise<void> {
    while (!this.#stopping) {
      try {
        await this.#writeOnConnection(await this.#options.cluster.connect('agent_runtime', 'owner'));
      } catch (error) {
        this.#options.ledger.noteError(error);
        await sleep(50);
      }
    }
  }

  async #writeOnConnection(client: pg.Client): Promise<void> {
    const { random, pauseMs } = this.#options;
    try {
      while (!this.#stopping) {
        await this.#transaction(client);
        await sleep(random.below(pauseMs));
      }
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async #transaction(client: pg.Client): Promise<void> {
    const { random, ledger } = this.#options;
    const added: string[] = [];
    let committing = false;
    try {
      await client.query('BEGIN');
      await this.#statements(client, added);
      if (random.next() < 0.2) await sleep(random.below(longestHoldMs));
      if (random.next() < 0.1) {
        await client.query('ROLLBACK');
        ledger.note(added, 'failed');
        return;
      }
      committing = true;
      await client.query('COMMIT');
      ledger.note(added, 'committed');
    } catch (error) {
      ledger.note(added, committing && isLostConnection(error) ? 'unknown' : 'failed');
      await client.query('ROLLBACK');
      ledger.noteError(error);
    }
  }

  async #statements(client: pg.Client, added: string[]): Promise<void> {
    const { random, sessions, savedSessions } = this.#options;
    const choice = random.next();
    if (choice < 0.1) return edit(client, random.pick(sessions), random);
    if (choice < 0.2) return this.#save(client, random.pick(savedSessions), added);
    // Two sessions in any order, which is what deadlocks are made of.
    const appended = choice < 0.4 ? [random.pick(sessions), random.pick(sessions)] : [random.pick(sessions)];
    for (const sessionId of appended) await this.#append(client, sessionId, added);
    // Their rows in one order: in any, the writers would wait for each other without a log, too.
    const touched = appended.filter(() => random.next() < 0.3).toSorted();
    for (const sessionId of touched) {
      await client.query('UPDATE sessions SET last_activity = now() WHERE id = $1', [sessionId]);
    }
    if (choice > 0.97) {
      // The log's triggers now instead of at commit: such a writer holds everybody's horizon back.
      for (const sessionId of [...appended].toSorted())
        await client.query(`UPDATE sessions SET title = $2 WHERE id = $1`, [sessionId, `${this.#written} messages`]);
      await client.query('SET CONSTRAINTS ALL IMMEDIATE');
      await sleep(random.below(longestHorizonHoldMs));
    }
  }

  async #append(client: pg.Client, sessionId: string, added: string[]): Promise<void> {
    const count = 1 + this.#options.random.below(3);
    for (let index = 0; index < count; index += 1) await this.#insert(client, sessionId, added);
  }

  async #insert(client: pg.Client, sessionId: string, added: string[]): Promise<void> {
    this.#written += 1;
    const messageId = `${this.#options.name}-${this.#written}`;
    added.push(messageId);
    await client.query(
      `INSERT INTO messages (id, session_db_id, role, content, "timestamp") VALUES ($1, $2, 'user', $3, clock_timestamp())`,
      [messageId, sessionId, `content of ${messageId}`],
    );
  }

  /** The row of the session, then all its messages away, then all of them again, and one more. */
  async #save(client: pg.Client, sessionId: string, added: string[]): Promise<void> {
    await client.query('UPDATE sessions SET last_activity = now() WHERE id = $1', [sessionId]);
    const { rows } = await client.query<{ row: unknown }>(
      'WITH gone AS (DELETE FROM messages WHERE session_db_id = $1 RETURNING *) SELECT to_jsonb(gone) AS row FROM gone',
      [sessionId],
    );
    const list = JSON.stringify(rows.map(({ row }) => row));
    await client.query('INSERT INTO messages SELECT * FROM jsonb_populate_recordset(NULL::messages, $1)', [list]);
    await this.#insert(client, sessionId, added);
  }
}

async function edit(client: pg.Client, sessionId: string, random: SeededRandom): Promise<void> {
  await client.query(
    `UPDATE messages SET content = $2 WHERE id =
       (SELECT id FROM messages WHERE session_db_id = $1 ORDER BY "timestamp" DESC OFFSET $3 LIMIT 1)`,
    [sessionId, `edited ${random.next()}`, random.below(20)],
  );
}

/** Of a commit whose answer did not come nobody knows what became of it; the server's refusal is an answer. */
function isLostConnection(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === undefined || !/^\d\d[0-9A-Z]{3}$/.test(code) || code.startsWith('57P');
}
