import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { seededRandom, type SeededRandom } from '../../tests/chaos/random.ts';
import { numberMessages, testDatabases, type TestDatabases } from '../../tests/support/databases.ts';

let test: TestDatabases;
beforeAll(async () => {
  test = await testDatabases();
});
afterAll(() => test.close());

/** The first and the last share a lock. */
const sessions = ['north', 'south', 'session 46'];
const transactions = 50;

interface Message {
  readonly sessionId: string;
  readonly content: string;
}
type Table = ReadonlyMap<string, Message>;

/** One transaction of a service's: writes of every kind in any order, with savepoints and early constraints among them. */
class Transaction {
  readonly #client: pg.PoolClient;
  readonly #random: SeededRandom;
  /** Events that were told early may be more than one for a message. */
  early = false;

  constructor(client: pg.PoolClient, random: SeededRandom) {
    this.#client = client;
    this.#random = random;
  }

  async write(): Promise<void> {
    const random = this.#random;
    const session = random.pick(sessions);
    const steps = [
      () => this.#save(session),
      () => this.#save(session),
      () => this.#insert(session, 1 + random.below(12)),
      () => this.#fill(session),
      () => this.#run(`UPDATE messages SET content = content || '+' WHERE session_db_id = $1`, [session]),
      () => this.#run(`UPDATE messages SET content = content || '!' WHERE id IN (${this.#someOf(session, 3)})`),
      () =>
        this.#run(`UPDATE messages SET session_db_id = $1 WHERE id IN (${this.#someOf(session, 1)})`, [
          random.pick(sessions),
        ]),
      () => this.#run(`DELETE FROM messages WHERE id IN (${this.#someOf(session, 2)})`),
      () => this.#comeBack(session),
      () => this.#rolledBack(session),
      () => this.#constraints(),
    ];
    for (let step = 1 + random.below(3); step > 0; step -= 1) await random.pick(steps)();
  }

  /** All rows out and in again, some of them with another content, in another session or not at all. */
  async #save(session: string): Promise<void> {
    const { rows } = await this.#client.query<{ id: string; content: string }>(
      'DELETE FROM messages WHERE session_db_id = $1 RETURNING id, content',
      [session],
    );
    if (this.#random.next() < 0.2) await this.#constraints();
    for (const { id, content } of rows.sort((one, other) => (one.id < other.id ? -1 : 1))) {
      if (this.#random.next() < 0.03) continue;
      await this.#add(
        id,
        this.#random.next() < 0.02 ? this.#random.pick(sessions) : session,
        this.#random.next() < 0.05 ? `${content}?` : content,
      );
    }
    if (this.#random.next() < 0.7) await this.#insert(session, 1);
  }

  async #insert(session: string, count: number): Promise<void> {
    for (let turn = 0; turn < count; turn += 1) await this.#add(`m${this.#random.below(10_000)}`, session, 'new');
  }

  /** So many that a list of those that differ is not kept. */
  async #fill(session: string): Promise<void> {
    if (this.#random.next() < 0.95) return;
    await this.#run(
      `INSERT INTO messages (id, session_db_id, role, content)
       SELECT 'many ' || n || ' of ' || $1, $1, 'user', 'many' FROM generate_series(1, 600) AS n ON CONFLICT DO NOTHING`,
      [session],
    );
  }

  async #comeBack(session: string): Promise<void> {
    const { rows } = await this.#client.query<{ id: string }>(
      `SELECT subject_id AS id FROM scrollback.session_log WHERE kind = 'message_removed' ORDER BY position DESC LIMIT 2`,
    );
    for (const { id } of rows) await this.#add(id, session, 'back');
  }

  async #rolledBack(session: string): Promise<void> {
    await this.#run('SAVEPOINT before');
    await this.#save(session);
    if (this.#random.next() < 0.3) await this.#constraints();
    await this.#run('ROLLBACK TO before');
  }

  async #constraints(): Promise<void> {
    this.early = true;
    await this.#run('SET CONSTRAINTS ALL IMMEDIATE');
    if (this.#random.next() < 0.8) await this.#run('SET CONSTRAINTS ALL DEFERRED');
  }

  async #add(id: string, session: string, content: string): Promise<void> {
    await this.#run(
      `INSERT INTO messages (id, session_db_id, role, content) VALUES ($1, $2, 'user', $3) ON CONFLICT DO NOTHING`,
      [id, session, content],
    );
  }

  #someOf(session: string, count: number): string {
    return `SELECT id FROM messages WHERE session_db_id = '${session}' ORDER BY md5(id || '${this.#random.below(100)}') LIMIT ${count}`;
  }

  async #run(statement: string, values: unknown[] = []): Promise<void> {
    await this.#client.query(statement, values);
  }
}

async function table(client: pg.PoolClient): Promise<Table> {
  const { rows } = await client.query<{ id: string } & Message>(
    'SELECT id, session_db_id AS "sessionId", content FROM messages',
  );
  return new Map(rows.map(({ id, ...message }) => [id, message]));
}

/** What a reader of the log believes of the table, and what each session's log must have: numbers without a gap, one for each message. */
async function believed(client: pg.PoolClient): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{ key: string; hash: string }>(
    `SELECT DISTINCT ON (session_id, subject_id) session_id || '/' || subject_id AS key,
       CASE kind WHEN 'message_removed' THEN 'removed' ELSE encode(content_hash, 'hex') END AS hash
     FROM scrollback.session_log WHERE message_sequence IS NOT NULL ORDER BY session_id, subject_id, number DESC`,
  );
  return new Map(rows.filter(({ hash }) => hash !== 'removed').map(({ key, hash }) => [key, hash]));
}

async function actual(client: pg.PoolClient): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{ key: string; hash: string }>(
    `SELECT session_db_id || '/' || id AS key, encode(scrollback.content_hash(role, content, name, tool_call_id, tool_calls), 'hex') AS hash FROM messages`,
  );
  return new Map(rows.map(({ key, hash }) => [key, hash]));
}

async function expectSoundLog(client: pg.PoolClient): Promise<void> {
  const { rows } = await client.query(
    `SELECT session_id FROM scrollback.session_log GROUP BY session_id
     HAVING max(number) <> count(*) OR max(messages_added) <> count(*) FILTER (WHERE kind = 'message_added')
       OR count(DISTINCT message_sequence) <> max(messages_added) OR count(DISTINCT chain) <> count(*)`,
  );
  expect(rows).toEqual([]);
}

/** What one transaction must have told of each message, by what there was before and after it. */
function expectedEvents(before: Table, after: Table, wasThere: ReadonlySet<string>): string[] {
  const events: string[] = [];
  for (const id of new Set([...before.keys(), ...after.keys()])) {
    const [one, other] = [before.get(id), after.get(id)];
    if (one !== undefined && one.sessionId !== other?.sessionId) events.push(`message_removed ${one.sessionId}/${id}`);
    if (other === undefined) continue;
    const key = `${other.sessionId}/${id}`;
    if (one?.sessionId !== other.sessionId) events.push(`message_${wasThere.has(key) ? 'restored' : 'added'} ${key}`);
    else if (one.content !== other.content) events.push(`message_edited ${key}`);
  }
  return events.sort();
}

it.each([11, 12, 13])('tells what transactions of any kind changed, once, and nothing else; seed %i', async (seed) => {
  const random = seededRandom(seed);
  const client = await test.service.agentRuntime.connect();
  try {
    await client.query(`INSERT INTO sessions (id) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING`, [sessions]);
    for (let turn = 0; turn < transactions; turn += 1) {
      const before = await table(client);
      const { rows: known } = await client.query<{ key: string }>(
        `SELECT DISTINCT session_id || '/' || subject_id AS key FROM scrollback.session_log WHERE message_sequence IS NOT NULL`,
      );
      const { rows: last } = await client.query<{ position: string | null }>(
        'SELECT max(position) AS position FROM scrollback.session_log',
      );
      const transaction = new Transaction(client, random);
      await client.query('BEGIN');
      await transaction.write();
      await client.query('COMMIT');
      await numberMessages(client);
      await expectSoundLog(client);
      expect(await believed(client), `turn ${turn}`).toEqual(await actual(client));
      if (transaction.early) continue;
      const { rows: events } = await client.query<{ event: string }>(
        `SELECT kind || ' ' || session_id || '/' || subject_id AS event FROM scrollback.session_log WHERE position > $1`,
        [last[0]?.position ?? 0],
      );
      const expected = expectedEvents(before, await table(client), new Set(known.map(({ key }) => key)));
      expect(events.map(({ event }) => event).sort(), `turn ${turn}`).toEqual(expected);
    }
  } finally {
    client.release();
  }
});
