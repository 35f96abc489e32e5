import { afterAll, beforeAll, expect, it } from 'vitest';
import pg from 'pg';
import { testDatabases, type TestDatabases } from '../../tests/support/databases.ts';
import { expectSoon } from '../../tests/support/expect-soon.ts';
import { addSession } from '../../tests/support/people.ts';
import { notifyTriggerState, setNotifyTrigger } from './notify-trigger.ts';

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

it('lets plain writers notify while it is on, and leaves nothing of it when off', async () => {
  let heard = 0;
  const listener = new pg.Client(test.roads.agentRuntime.gateway);
  await listener.connect();
  listener.on('notification', () => (heard += 1));
  await listener.query('LISTEN scrollback_written');
  try {
    expect(await notifyTriggerState(owner, 'agentRuntime')).toBe(false);
    await setNotifyTrigger(owner, 'agentRuntime', true);
    await setNotifyTrigger(owner, 'agentRuntime', true);
    expect(await notifyTriggerState(owner, 'agentRuntime')).toBe(true);
    await addSession(test, 'one', null, 5);
    // The session and its five messages are two transactions.
    await expectSoon(() => heard === 2);
    await setNotifyTrigger(owner, 'agentRuntime', false);
    expect(await notifyTriggerState(owner, 'agentRuntime')).toBe(false);
    await addSession(test, 'two', null, 5);
    await owner.query('NOTIFY scrollback_written');
    await expectSoon(() => heard === 3);
  } finally {
    await listener.end();
  }
});
