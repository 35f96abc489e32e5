import { afterAll, beforeAll, expect, it } from 'vitest';
import pg from 'pg';
import { numberMessages, testDatabases, type TestDatabases } from '../../tests/support/databases.ts';
import { addSession } from '../../tests/support/people.ts';
import { reconcile } from './reconcile.ts';

let test: TestDatabases;
let owner: pg.Client;
beforeAll(async () => {
  test = await testDatabases();
  owner = new pg.Client(test.roads.agentRuntime.owner);
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await test.close();
});

/** As those write who have switched the triggers off. */
async function pastTheLog(...statements: string[]): Promise<void> {
  const trigger = (state: string): string => `ALTER TABLE messages ${state} TRIGGER USER`;
  await owner.query(['BEGIN', trigger('DISABLE'), ...statements, trigger('ENABLE'), 'COMMIT'].join(';'));
}

const eventsAfter = async (position: number): Promise<string[]> => {
  const { rows } = await owner.query<{ event: string }>(
    `SELECT concat_ws(' ', session_id, number, kind, subject_id, message_sequence) AS event
     FROM scrollback.session_log WHERE position > $1 ORDER BY session_id, number`,
    [position],
  );
  return rows.map(({ event }) => event);
};

it('tells the log what was written past it, once, in the order of the times of messages', async () => {
  for (const id of ['one', 'two', 'three']) await addSession(test, id, null, 3);
  for (let number = 0; number < 60; number += 1) await addSession(test, `other-${number}`, null, 0);
  await numberMessages(owner);
  const { rows } = await owner.query<{ id: string }>(`SELECT id FROM messages WHERE session_db_id = 'one' ORDER BY id`);
  const [first, second] = rows.map(({ id }) => id) as [string, string];
  const { rows: last } = await owner.query<{ position: number }>(
    'SELECT max(position)::int AS position FROM scrollback.session_log',
  );
  const position = last[0]?.position ?? 0;
  expect(await reconcile(owner)).toEqual({ sessions: 63, events: 0 });

  await pastTheLog(
    `DELETE FROM messages WHERE id = '${first}'`,
    `UPDATE messages SET content = 'other' WHERE id = '${second}'`,
    `INSERT INTO messages (id, session_db_id, role, content, "timestamp") VALUES ('later', 'two', 'user', 'x', '2026-02-01')`,
    `INSERT INTO messages (id, session_db_id, role, content, "timestamp") VALUES ('earlier', 'two', 'user', 'x', '2026-01-01')`,
    `DELETE FROM messages WHERE session_db_id = 'three'`,
    `DELETE FROM sessions WHERE id = 'three'`,
  );
  expect(await eventsAfter(position)).toEqual(['three 5 session_removed three']);
  expect(await reconcile(owner)).toEqual({ sessions: 63, events: 7 });
  const events = await eventsAfter(position);
  expect(events.filter((event) => event.startsWith('one'))).toEqual([
    `one 5 message_removed ${first} 1`,
    `one 6 message_edited ${second} 2`,
  ]);
  expect(events.filter((event) => event.startsWith('two'))).toEqual([
    'two 5 message_added earlier 4',
    'two 6 message_added later 5',
  ]);
  expect(events.filter((event) => event.startsWith('three'))).toHaveLength(4);
  expect(await reconcile(owner)).toEqual({ sessions: 63, events: 0 });
});

it('has the log know a session that nobody told it of', async () => {
  await owner.query('BEGIN; ALTER TABLE sessions DISABLE TRIGGER USER; ALTER TABLE messages DISABLE TRIGGER USER');
  await owner.query(`INSERT INTO sessions (id) VALUES ('silent')`);
  await owner.query(`INSERT INTO messages (id, session_db_id, role) VALUES ('s1', 'silent', 'user')`);
  await owner.query('ALTER TABLE sessions ENABLE TRIGGER USER; ALTER TABLE messages ENABLE TRIGGER USER; COMMIT');
  expect((await reconcile(owner)).events).toBe(1);
  await owner.query(`INSERT INTO messages (id, session_db_id, role) VALUES ('s2', 'silent', 'user')`);
  await numberMessages(owner);
  const { rows } = await owner.query<{ event: string }>(
    `SELECT concat_ws(' ', number, kind, subject_id) AS event FROM scrollback.session_log WHERE session_id = 'silent' ORDER BY number`,
  );
  expect(rows.map(({ event }) => event)).toEqual(['1 message_added s1', '2 message_added s2']);
});
