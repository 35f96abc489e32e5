import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { testDatabases, type TestDatabases } from '../../tests/support/databases.ts';
import { addMessages, addSession } from '../../tests/support/people.ts';
import { numberAllMessages } from '../databases/numbering.ts';
import { allSessionsTopic, sessionTopic } from './contract.ts';
import { NumberingForListeners } from './numbering-for-listeners.ts';
import { Topics } from './topics.ts';

let test: TestDatabases;
let topics: Topics;
let numbering: NumberingForListeners;
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
  numbering = new NumberingForListeners(test.databases.agentRuntime, topics);
  await numbering.number();
});

const listen = (topic: string): (() => void) => topics.listen(topic, () => undefined);
const waiting = async (): Promise<string[]> =>
  (
    await test.service.agentRuntime.query<{ id: string }>(
      'SELECT message_id AS id FROM scrollback.unnumbered_messages ORDER BY position',
    )
  ).rows.map(({ id }) => id);

const lastPosition = async (): Promise<number> =>
  Number(
    (
      await test.service.agentRuntime.query<{ last: string }>(
        'SELECT max(position) AS last FROM scrollback.session_log',
      )
    ).rows[0]?.last,
  );

it.each([1, 300])('numbers what is followed, and leaves the rest, with %d topics', async (topicCount) => {
  for (let number = 1; number < topicCount; number += 1) listen(sessionTopic(`nowhere ${number}`));
  await numbering.number();
  await addMessages(test, followed, 1, 2);
  await addMessages(test, other, 1, 1);
  const { positions, ...found } = await numbering.number();
  expect(found).toEqual({ sessions: 2, isUnsettled: false });
  expect([...positions]).toEqual([[followed, await lastPosition()]]);
  expect(await waiting()).toEqual([`${other}-1`]);
  await addMessages(test, followed, 3, 3);
  await numbering.number();
  expect(await waiting()).toEqual([`${other}-1`]);
});

it('numbers what waited before anybody followed it', async () => {
  await addMessages(test, other, 1, 1);
  await numbering.number();
  const leave = listen(sessionTopic(other));
  await numbering.number();
  expect(await waiting()).toEqual([]);
  leave();
  await addMessages(test, other, 2, 2);
  await numbering.number();
  expect(await waiting()).toEqual([`${other}-2`]);
});

it('numbers everything while somebody follows everything', async () => {
  await addMessages(test, other, 1, 1);
  const leave = listen(allSessionsTopic);
  await numbering.number();
  expect(await waiting()).toEqual([]);
  leave();
  await addMessages(test, other, 2, 2);
  await numbering.number();
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
      await numbering.number();
    }
    await late.query('COMMIT');
  } finally {
    late.release();
  }
  await numbering.number();
  expect(await waiting()).toEqual([1, 2, 3].map((number) => `${other}-${number}`));
});

it('comes back to what others were about to number', async () => {
  const holder = await test.service.agentRuntime.connect();
  try {
    await holder.query('BEGIN');
    await holder.query(`UPDATE sessions SET title = 'held' WHERE id = '${followed}'`);
    await holder.query('SET CONSTRAINTS ALL IMMEDIATE');
    await addMessages(test, followed, 1, 1);
    expect(await numbering.number()).toMatchObject({ sessions: 1, isUnsettled: true });
    expect(await numbering.number()).toMatchObject({ sessions: 0, isUnsettled: true });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await numbering.number()).toMatchObject({ sessions: 0, isUnsettled: false });
  } finally {
    await holder.query('ROLLBACK');
    holder.release();
  }
  expect(await waiting()).toEqual([`${followed}-1`]);
  expect(await numbering.number()).toMatchObject({ sessions: 0, isUnsettled: false });
  expect(await waiting()).toEqual([]);
});

it('looks at everything where transactions have lower numbers than before', async () => {
  await addMessages(test, followed, 1, 1);
  const { rows } = await test.service.agentRuntime.query<{ session_ids: string[] }>(
    `SELECT session_ids FROM scrollback.noted_sessions('1000000000', '{}')`,
  );
  expect(rows[0]?.session_ids).toEqual([followed]);
});
