import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { testDatabases, type TestDatabases } from '../../tests/support/databases.ts';
import { addMessages, addSession } from '../../tests/support/people.ts';
import { lookAtLog } from '../databases/look.ts';
import { numberAllMessages } from '../databases/numbering.ts';
import { allSessionsTopic, sessionTopic } from './contract.ts';
import { SessionLooks } from './session-looks.ts';
import { Topics } from './topics.ts';

let test: TestDatabases;
let topics: Topics;
let looks: SessionLooks;
let count = 0;
/** Two sessions of the test's own; the first is followed. */
let followed: string;
let other: string;

beforeAll(async () => {
  test = await testDatabases();
});
afterAll(() => test.close());
beforeEach(async () => {
  await numberAllMessages(test.databases.agentRuntime);
  count += 1;
  followed = `followed ${count}`;
  other = `other ${count}`;
  for (const id of [followed, other]) await addSession(test, id, null);
  topics = new Topics();
  listen(sessionTopic(followed));
  looks = new SessionLooks(test.databases.agentRuntime, topics);
  await looks.look(0);
});

const listen = (topic: string): (() => void) => topics.listen(topic, () => undefined);
const waiting = async (): Promise<string[]> =>
  (
    await test.service.agentRuntime.query<{ id: string }>(
      'SELECT message_id AS id FROM scrollback.unnumbered_messages ORDER BY position',
    )
  ).rows.map(({ id }) => id);

it.each([1, 300])('numbers what is followed, and leaves the rest, with %d topics', async (topicCount) => {
  for (let number = 1; number < topicCount; number += 1) listen(sessionTopic(`nowhere ${number}`));
  await looks.look(0);
  await addMessages(test, followed, 1, 2);
  await addMessages(test, other, 1, 1);
  expect(await looks.look(0)).toMatchObject({ changed: [sessionTopic(followed)], found: 2, unsettled: false });
  expect(await waiting()).toEqual([`${other}-1`]);
  await addMessages(test, followed, 3, 3);
  await looks.look(0);
  expect(await waiting()).toEqual([`${other}-1`]);
});

it.each([
  ['what waited before anybody followed it', () => sessionTopic(other)],
  ['everything while somebody follows everything', () => allSessionsTopic],
])('numbers %s', async (_what, topic) => {
  await addMessages(test, other, 1, 1);
  await looks.look(0);
  const leave = listen(topic());
  await looks.look(0);
  expect(await waiting()).toEqual([]);
  leave();
  await addMessages(test, other, 2, 2);
  await looks.look(0);
  expect(await waiting()).toEqual([`${other}-2`]);
});

it('numbers what commits late, whatever was looked at meanwhile', async () => {
  const late = await test.service.agentRuntime.connect();
  try {
    await late.query('BEGIN');
    await late.query(
      `INSERT INTO messages (id, session_db_id, role) VALUES ('${followed} late', '${followed}', 'user')`,
    );
    for (const number of [1, 2, 3]) {
      await addMessages(test, other, number, number);
      await looks.look(0);
    }
    await late.query('COMMIT');
  } finally {
    late.release();
  }
  await looks.look(0);
  expect(await waiting()).toEqual([1, 2, 3].map((number) => `${other}-${number}`));
});

it('comes back to what others were about to number', async () => {
  const holder = await test.service.agentRuntime.connect();
  try {
    await holder.query('BEGIN');
    await holder.query(`UPDATE sessions SET title = 'held' WHERE id = '${followed}'`);
    await holder.query('SET CONSTRAINTS ALL IMMEDIATE');
    await addMessages(test, followed, 1, 1);
    expect(await looks.look(0)).toMatchObject({ found: 1, unsettled: true });
    expect(await looks.look(0)).toMatchObject({ found: 0, unsettled: true });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await looks.look(0)).toMatchObject({ found: 0, unsettled: false });
  } finally {
    await holder.query('ROLLBACK');
    holder.release();
  }
  expect(await waiting()).toEqual([`${followed}-1`]);
  expect(await looks.look(0)).toMatchObject({ found: 0, unsettled: false });
  expect(await waiting()).toEqual([]);
});

it('numbers a message of one session beside a large import into another one, which it goes on with at once', async () => {
  listen(sessionTopic(other));
  await looks.look(0);
  await test.service.agentRuntime.query(`INSERT INTO messages (id, session_db_id, role, content)
    SELECT '${other} import ' || n, '${other}', 'user', 'x' FROM generate_series(1, 7000) AS n`);
  await addMessages(test, followed, 1, 1);
  const first = await looks.look(0);
  expect(first).toMatchObject({ found: 2, unsettled: true });
  expect(first.changed).toContain(sessionTopic(followed));
  const left = await waiting();
  expect(left).toHaveLength(2001);
  expect(left).not.toContain(`${followed}-1`);
  expect(await looks.look(0)).toMatchObject({ unsettled: false });
  expect(await waiting()).toEqual([]);
});

it('refuses to look with a snapshot that is older than the horizon', async () => {
  const client = await test.service.agentRuntime.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await expect(client.query(`SELECT scrollback.look(0, '0', '{}', '{}')`)).rejects.toThrow(/READ COMMITTED/);
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
});

it('tells of what it numbered once, and how old it was', async () => {
  await addMessages(test, followed, 1, 1);
  const seen = await looks.look(0);
  expect(seen.changed).toEqual([sessionTopic(followed)]);
  expect(seen.age).toBeGreaterThanOrEqual(0);
  expect(seen.age).toBeLessThan(10);
  expect(await looks.look(0)).toMatchObject({ found: 0, age: null });
});

it('tells of what others have numbered, and of what was changed', async () => {
  await addMessages(test, followed, 1, 1);
  await numberAllMessages(test.databases.agentRuntime);
  expect((await looks.look(0)).changed).toEqual([allSessionsTopic, sessionTopic(followed)]);
  await test.service.agentRuntime.query(`UPDATE messages SET content = 'other' WHERE id = '${followed}-1'`);
  expect((await looks.look(0)).changed).toEqual([allSessionsTopic, sessionTopic(followed)]);
  expect((await looks.look(0)).changed).toEqual([]);
});

it('tells of what was logged after what it numbered', async () => {
  await addMessages(test, followed, 1, 1);
  await looks.look(0);
  await test.service.agentRuntime.query(`UPDATE messages SET content = 'other' WHERE id = '${followed}-1'`);
  expect((await looks.look(0)).changed).toContain(sessionTopic(followed));
});

it('looks at everything where transactions have lower numbers than before', async () => {
  await addMessages(test, followed, 1, 1);
  const notes = { beforeTransaction: '1000000000', inFlight: [] };
  const { noted } = await lookAtLog(test.databases.agentRuntime, 0, notes, [], { withinMs: 5000 });
  expect(noted).toEqual([followed]);
});
