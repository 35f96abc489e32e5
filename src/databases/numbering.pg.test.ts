import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom, type SeededRandom } from '../../tests/chaos/random.ts';
import { testDatabases, type TestDatabases } from '../../tests/support/databases.ts';
import type { Database } from './database.ts';
import { isRetryable } from './database-errors.ts';
import {
  numberAllMessages,
  numberFreeSessions,
  numberMessages,
  numberSessions,
  numberSessionsOf,
} from './numbering.ts';

let test: TestDatabases;
let database: Database;
beforeAll(async () => {
  test = await testDatabases();
  database = test.databases.agentRuntime;
});
beforeEach(() => numberAllMessages(database));
afterAll(() => test.close());

type Row = Record<string, unknown>;
const run = async (text: string, values: unknown[] = []): Promise<Row[]> =>
  (await test.service.agentRuntime.query<Row>(text, values)).rows;

const insert = (id: string, sessionId: string): string =>
  `INSERT INTO messages (id, session_db_id, role, content) VALUES ('${id}', '${sessionId}', 'user', '${id}')`;
const addSession = (id: string): Promise<unknown> => run('INSERT INTO sessions (id) VALUES ($1)', [id]);
const eventsOf = async (sessionId: string): Promise<unknown[]> =>
  (
    await run(
      `SELECT concat_ws(' ', kind, subject_id, message_sequence) AS event FROM scrollback.session_log
       WHERE session_id = $1 AND kind <> 'session_created' ORDER BY number`,
      [sessionId],
    )
  ).map(({ event }) => event);
const waiting = async (): Promise<unknown[]> =>
  (await run('SELECT message_id AS id FROM scrollback.unnumbered_messages ORDER BY position')).map(({ id }) => id);

/** In a transaction that stays open until the work is done. */
async function beside(statement: string, work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
  const client = await test.service.agentRuntime.connect();
  try {
    await client.query('BEGIN');
    await client.query(statement);
    await work(client);
    await client.query('COMMIT');
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

/** Sessions whose numbers, sequences or chain are not what they must be. */
const unsound = (): Promise<Row[]> =>
  run(`SELECT session_id FROM (
         SELECT *, chain = scrollback.chain_step(coalesce(lag(chain) OVER w, ''), scrollback.event_bytes(
           session_id, number, kind, subject_id, message_sequence, NULL, created_at)) AS follows
         FROM scrollback.session_log WINDOW w AS (PARTITION BY session_id ORDER BY number)) AS l
       GROUP BY session_id
       HAVING max(number) <> count(*) OR max(messages_added) <> count(*) FILTER (WHERE kind = 'message_added')
         OR count(DISTINCT message_sequence) <> max(messages_added) OR NOT bool_and(follows)`);

describe('messages', () => {
  it('wait for their numbers, and get them in the order of their inserts', async () => {
    await addSession('one');
    await addSession('two');
    await run(insert('z', 'one'));
    await run(insert('a', 'two'));
    await run(`${insert('m', 'one')}; ${insert('b', 'one')}`);
    expect([await eventsOf('one'), await waiting()]).toEqual([[], ['z', 'a', 'm', 'b']]);
    expect(await numberMessages(database)).toMatchObject({ numbered: 4, hasMore: false, leftOut: false });
    await run(insert('later', 'one'));
    await numberMessages(database);
    expect(await eventsOf('one')).toEqual([
      'message_added z 1',
      'message_added m 2',
      'message_added b 3',
      'message_added later 4',
    ]);
    expect([await eventsOf('two'), await waiting()]).toEqual([['message_added a 1'], []]);
    expect(await unsound()).toEqual([]);
    expect(await numberMessages(database)).toMatchObject({ numbered: 0, hasMore: false, leftOut: false });
  });

  it('are numbered by their sessions, for whoever shows these', async () => {
    for (const id of ['shown', 'hidden']) {
      await addSession(id);
      await run(insert(`of ${id}`, id));
    }
    await numberSessions(database, ['shown', 'nowhere']);
    expect(await waiting()).toEqual(['of hidden']);
    expect(await numberSessionsOf(database, ['nowhere'])).toBe(false);
    // Whoever did not find it may have looked before it had its number.
    expect(await numberSessionsOf(database, ['of shown', 'nowhere'])).toBe(true);
    expect(await waiting()).toEqual(['of hidden']);
    expect(await numberSessionsOf(database, ['of hidden'])).toBe(true);
    expect([await eventsOf('hidden'), await waiting()]).toEqual([['message_added of hidden 1'], []]);
  });

  it('are numbered when their transaction commits, however late, and hold up nobody until then', async () => {
    await addSession('late');
    await beside(insert('slow', 'late'), async () => {
      for (const id of ['first', 'second', 'third']) {
        await run(insert(id, 'late'));
        // As if the last time were long ago: the transaction that is in flight has to be remembered.
        await run(`UPDATE scrollback.numbering SET updated_at = '-infinity'`);
        expect(await numberMessages(database)).toMatchObject({ numbered: 1, hasMore: false, leftOut: false });
      }
    });
    expect(await waiting()).toEqual(['slow']);
    expect(await numberMessages(database)).toMatchObject({ numbered: 1, hasMore: false, leftOut: false });
    expect((await eventsOf('late')).at(-1)).toBe('message_added slow 4');
  });

  it('of many transactions that end in any order are all numbered', async () => {
    const random = seededRandom(5);
    for (let number = 0; number < 6; number += 1) await addSession(`any ${number}`);
    const open: pg.PoolClient[] = [];
    let written = 0;
    let found = 0;
    const look = async (): Promise<void> => {
      found += (await numberMessages(database)).numbered;
    };
    for (let turn = 0; turn < 200; turn += 1) {
      // Before the others, so that theirs may be the highest numbers that transactions have.
      if (random.next() < 0.5) await run(`UPDATE scrollback.numbering SET updated_at = '-infinity'`);
      if (open.length < 8) {
        const client = await test.service.agentRuntime.connect();
        open.push(client);
        await client.query('BEGIN');
        // Some have no number of their own before they insert, some have it long before.
        if (random.next() < 0.5) await client.query('SELECT pg_current_xact_id()');
      }
      const client = random.pick(open);
      if (random.next() < 0.6) await client.query(insert(`any ${(written += 1)}`, `any ${random.below(6)}`));
      else {
        await client.query('COMMIT');
        open.splice(open.indexOf(client), 1);
        client.release();
      }
      if (random.next() < 0.5) await look();
    }
    for (const client of open) {
      await client.query('COMMIT');
      client.release();
    }
    await look();
    expect([found, await waiting()]).toEqual([written, []]);
    expect(await unsound()).toEqual([]);
  });

  it('are found by a server that counts its transactions anew, as after a restore from a dump', async () => {
    await addSession('restored');
    await run(insert('before', 'restored'));
    await run(`UPDATE scrollback.numbering SET before_transaction = '1000000000', of_table = 1`);
    expect((await numberMessages(database)).numbered).toBe(1);
    await run(insert('after', 'restored'));
    expect((await numberMessages(database)).numbered).toBe(1);
    expect(await eventsOf('restored')).toEqual(['message_added before 1', 'message_added after 2']);
  });

  it('that others have numbered are not looked through again', async () => {
    const before = async (): Promise<number> =>
      Number((await run('SELECT before_transaction::text AS id FROM scrollback.numbering'))[0]?.['id']);
    const old = `UPDATE scrollback.numbering SET updated_at = now() - interval '11 seconds'`;
    await addSession('read');
    await run(old);
    await numberMessages(database);
    await run(insert('r1', 'read'));
    await numberSessions(database, ['read']);
    const first = await before();
    await numberMessages(database);
    expect(await before()).toBe(first);
    await run(old);
    expect(await numberMessages(database)).toMatchObject({ numbered: 0, hasMore: false });
    const second = await before();
    expect(second).toBeGreaterThan(first);
    // With nothing new it writes nothing.
    await run(old);
    await numberMessages(database);
    expect(await before()).toBe(second);
  });

  it('are found by a server whose transactions have lower numbers, whatever its tables are called', async () => {
    await addSession('lower');
    await run(`UPDATE scrollback.numbering SET before_transaction = '1000000000'`);
    await run(insert('lower 1', 'lower'));
    expect((await numberMessages(database)).numbered).toBe(1);
  });

  it('of one transaction keep their order, whatever its batches and the places of their notes', async () => {
    await addSession('ordered');
    const messages = (from: number, to: number, name: string): string =>
      `INSERT INTO messages (id, session_db_id, role) SELECT '${name} ' || n, 'ordered', 'user' FROM generate_series(${from}, ${to}) AS n`;
    await run(messages(1, 3000, 'early'));
    await numberAllMessages(database);
    // Its first note stands at the end of the table, the others where a vacuum has made room before it.
    await beside(messages(1, 1, 'o'), async (client) => {
      await run('VACUUM scrollback.unnumbered_messages');
      await client.query(messages(2, 2500, 'o'));
    });
    for (let left = true; left;)
      left = ((await run('SELECT numbered FROM scrollback.number_messages(900)'))[0]?.['numbered'] as number) > 0;
    const rows = await run(
      `SELECT count(*)::int AS count FROM (
         SELECT substring(subject_id FROM 3)::int - message_sequence AS shift FROM scrollback.session_log
         WHERE session_id = 'ordered' AND subject_id LIKE 'o %' GROUP BY shift) AS shifts`,
    );
    expect(rows).toEqual([{ count: 1 }]);
  });

  it('of a session whose lock somebody holds are left for later, and no other ones', async () => {
    await addSession('held');
    await addSession('free');
    await beside(`UPDATE sessions SET title = 'held' WHERE id = 'held'; SET CONSTRAINTS ALL IMMEDIATE`, async () => {
      await run(insert('h', 'held'));
      await run(insert('f', 'free'));
      await run(`UPDATE scrollback.numbering SET updated_at = '-infinity'`);
      expect(await numberMessages(database)).toMatchObject({ numbered: 1, hasMore: false, leftOut: true });
      // A reader waits for a second and then shows what there is.
      await numberSessions(database, ['held']);
      expect(await waiting()).toEqual(['h']);
    });
    expect(await numberMessages(database)).toMatchObject({ numbered: 1, hasMore: false, leftOut: false });
    expect(await eventsOf('held')).toEqual(['session_changed held', 'message_added h 1']);
  });

  it('of a session that is held and has very many keep no others waiting', async () => {
    await addSession('imported');
    await addSession('beside');
    await beside(
      `UPDATE sessions SET title = 'held' WHERE id = 'imported'; SET CONSTRAINTS ALL IMMEDIATE`,
      async () => {
        await run(
          `INSERT INTO messages (id, session_db_id, role) SELECT 'imported ' || n, 'imported', 'user' FROM generate_series(1, 5001) AS n`,
        );
        await run(insert('beside 1', 'beside'));
        await run(`UPDATE scrollback.numbering SET updated_at = '-infinity'`);
        expect(await numberMessages(database)).toMatchObject({ numbered: 1, hasMore: false, leftOut: true });
        await run(insert('beside 2', 'beside'));
        expect(await numberMessages(database)).toMatchObject({ numbered: 1, hasMore: false, leftOut: true });
      },
    );
    await numberAllMessages(database);
    expect(await waiting()).toEqual([]);
    expect(await unsound()).toEqual([]);
  });

  it('of very many sessions are as quickly numbered by their sessions as all together', async () => {
    const count = 4000;
    const insertInto = async (prefix: string): Promise<string[]> => {
      await run(`INSERT INTO sessions (id) SELECT '${prefix} ' || n FROM generate_series(1, ${count}) AS n`);
      await run(`INSERT INTO messages (id, session_db_id, role, content)
        SELECT '${prefix} ' || n, '${prefix} ' || n, 'user', 'x' FROM generate_series(1, ${count}) AS n`);
      return Array.from({ length: count }, (_, n) => `${prefix} ${n + 1}`);
    };
    const msFor = async (number: () => Promise<unknown>): Promise<number> => {
      const began = performance.now();
      await number();
      return performance.now() - began;
    };
    await insertInto('first');
    await numberAllMessages(database);
    // With many pages and, as far as the planner knows, no rows, as it mostly is.
    await run('VACUUM scrollback.unnumbered_messages');
    await insertInto('together');
    const together = await msFor(() => numberAllMessages(database));
    const sessionIds = await insertInto('by session');
    const bySession = await msFor(() => numberFreeSessions(database, sessionIds));
    expect(bySession).toBeLessThan(4 * together);
    expect(await waiting()).toEqual([]);
  });

  it('come before what is done to their session later, and after its beginning', async () => {
    await run(`BEGIN; INSERT INTO sessions (id) VALUES ('begun'); ${insert('b1', 'begun')}; COMMIT`);
    await run(insert('b2', 'begun'));
    await run(`INSERT INTO pending_approvals (id, request_id, session_id) VALUES ('asked', 'r', 'begun')`);
    await run(`UPDATE messages SET content = 'other' WHERE id = 'b1'`);
    await run(insert('b3', 'begun'));
    await run(`DELETE FROM messages WHERE id = 'b2'`);
    expect(await eventsOf('begun')).toEqual([
      'message_added b1 1',
      'message_added b2 2',
      'approval_requested asked',
      'message_edited b1 1',
      'message_added b3 3',
      'message_removed b2 2',
    ]);
    expect(
      await run(`SELECT number FROM scrollback.session_log WHERE session_id = 'begun' AND kind = 'session_created'`),
    ).toEqual([{ number: '1' }]);
  });

  it('that are gone before anybody looked were never there', async () => {
    await addSession('gone');
    await run(insert('g1', 'gone'));
    await run(insert('g2', 'gone'));
    await run(`DELETE FROM messages WHERE id = 'g1'`);
    expect([await eventsOf('gone'), await waiting()]).toEqual([['message_added g2 1'], []]);
  });

  it('that come back are told of as the log knows them', async () => {
    await addSession('known');
    await run(insert('k1', 'known'));
    await run(insert('k2', 'known'));
    await numberMessages(database);
    await run(`DELETE FROM messages WHERE id = 'k1'`);
    await run(insert('k1', 'known'));
    await run(
      `BEGIN; DELETE FROM messages WHERE id = 'k2'; ${insert('k2', 'known').replace(`'k2')`, `'edited')`)}; COMMIT`,
    );
    await numberMessages(database);
    expect((await eventsOf('known')).slice(2)).toEqual([
      'message_removed k1 1',
      'message_restored k1 1',
      'message_edited k2 2',
    ]);
  });

  it('are numbered more than a batch at a time, and in one by one', async () => {
    await addSession('many');
    await run(
      `INSERT INTO messages (id, session_db_id, role) SELECT 'many ' || n, 'many', 'user' FROM generate_series(1, 12000) AS n`,
    );
    expect(await numberMessages(database)).toMatchObject({ numbered: 5000, hasMore: true, leftOut: false });
    await numberSessions(database, ['many']);
    const [last] =
      await run(`SELECT max(message_sequence) AS last, max(subject_id) FILTER (WHERE message_sequence = 12000) AS id
      FROM scrollback.session_log WHERE session_id = 'many'`);
    expect(last).toEqual({ last: '12000', id: 'many 12000' });
    expect([await unsound(), await waiting()]).toEqual([[], []]);
  });
});

/** A service or a gateway that does what they do, again and again. */
class Worker {
  readonly #client: pg.PoolClient;
  readonly #random: SeededRandom;

  constructor(client: pg.PoolClient, random: SeededRandom) {
    this.#client = client;
    this.#random = random;
  }

  async work(turns: number): Promise<void> {
    for (let turn = 0; turn < turns; turn += 1) {
      const isolation = this.#random.next() < 0.1 ? 'REPEATABLE READ' : 'READ COMMITTED';
      try {
        await this.#client.query(`BEGIN ISOLATION LEVEL ${isolation}`);
        const session = await this.#own();
        for (let step = this.#random.below(3); step >= 0; step -= 1) await this.#step(session);
        await this.#client.query(this.#random.next() < 0.1 ? 'ROLLBACK' : 'COMMIT');
      } catch (error) {
        await this.#client.query('ROLLBACK');
        // Two that write the same rows are theirs to settle; a transaction with an old snapshot begins anew.
        if (!isRetryable(error)) throw error;
      }
    }
  }

  /** Services that rewrite a session at the same time would wait for each other's rows. */
  async #own(): Promise<string> {
    const session = this.#random.pick(sessions);
    await this.#client.query('SELECT FROM sessions WHERE id = $1 FOR NO KEY UPDATE', [session]);
    return session;
  }

  #step(session: string): Promise<unknown> {
    const random = this.#random;
    const some = `SELECT id FROM messages WHERE session_db_id = '${session}' ORDER BY md5(id || '${random.below(100)}') LIMIT 2`;
    const kept = `kept_${random.below(1e9)}`;
    return this.#client.query(
      random.pick([
        insert(`m${random.below(1e9)}`, random.pick(sessions)),
        insert(`m${random.below(1e9)}`, random.pick(sessions)),
        insert(`m${random.below(1e9)}`, random.pick(sessions)),
        `CREATE TEMP TABLE ${kept} ON COMMIT DROP AS SELECT * FROM messages WHERE session_db_id = '${session}';
         DELETE FROM messages WHERE session_db_id = '${session}'; INSERT INTO messages SELECT * FROM ${kept} ON CONFLICT DO NOTHING`,
        `UPDATE messages SET content = content || '+' WHERE id IN (${some})`,
        `DELETE FROM messages WHERE id IN (${some})`,
        `UPDATE sessions SET title = title || '+' WHERE id = '${session}'`,
      ]),
    );
  }
}

const sessions = ['p1', 'p2', 'p3'];

it.each([1, 2])('whoever writes and numbers at the same time, the log is sound in the end; seed %i', async (seed) => {
  for (const id of sessions) await run(`INSERT INTO sessions (id, title) VALUES ($1, '') ON CONFLICT DO NOTHING`, [id]);
  const over = new AbortController();
  const numberer = async (number: () => Promise<unknown>): Promise<void> => {
    while (!over.signal.aborted) await number();
  };
  const numberers = [
    numberer(() => numberMessages(database)),
    numberer(() => numberMessages(database)),
    numberer(() => numberSessions(database, sessions)),
    numberer(() => numberSessions(database, ['p2'])),
  ];
  try {
    await Promise.all(
      Array.from({ length: 6 }, async (_, index) => {
        const client = await test.service.agentRuntime.connect();
        try {
          await new Worker(client, seededRandom(seed * 100 + index)).work(60);
        } finally {
          client.release();
        }
      }),
    );
  } finally {
    over.abort();
  }
  // None of them was refused, by a deadlock or otherwise.
  await Promise.all(numberers);
  await numberAllMessages(database);
  expect(await waiting()).toEqual([]);
  expect(await unsound()).toEqual([]);
  const differing = await run(
    `SELECT id FROM unnest($1::text[]) AS id WHERE EXISTS (SELECT FROM scrollback.differing_messages(id))`,
    [sessions],
  );
  expect(differing).toEqual([]);
});
