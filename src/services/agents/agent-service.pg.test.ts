import { sql } from '../../shared/sql.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { alice, bob, loggedKinds, openWrites, type Writes } from '../../../tests/support/writes.ts';

let writes: Writes;
let sessionId: string;

beforeAll(async () => {
  writes = await openWrites();
  ({ sessionId } = await writes.services.sessions.create(alice, {}));
});

afterAll(async () => {
  await writes.close();
});

const switchTo = (toAgent: string, viewer = alice) =>
  writes.services.agents.switchTo(viewer, { sessionId, toAgent, reason: 'why' });

test('each switch is counted and says where it came from; to the same agent there is none', async () => {
  await switchTo('orchestrator');
  const second = await switchTo('coder');
  expect(await switchTo('coder')).toEqual(second);
  await switchTo('debug');
  const switches = await writes.databases.agentRuntime.query(
    sql`SELECT from_agent, to_agent, reason FROM agent_switches ORDER BY switched_at, id`,
  );
  expect(switches).toEqual([
    { from_agent: null, to_agent: 'orchestrator', reason: 'why' },
    { from_agent: 'orchestrator', to_agent: 'coder', reason: 'why' },
    { from_agent: 'coder', to_agent: 'debug', reason: 'why' },
  ]);
  const contexts = await writes.databases.agentRuntime.query(
    sql`SELECT current_agent, switch_count FROM agent_contexts`,
  );
  expect(contexts).toEqual([{ current_agent: 'debug', switch_count: 3 }]);
  expect(await loggedKinds(writes, sessionId)).toEqual([
    'session_created',
    'agent_switched',
    'agent_switched',
    'agent_switched',
  ]);
});

test('what is answered is a switch to the agent that the session is with, or none', async () => {
  const first = await switchTo('ask');
  await switchTo('coder');
  const { agentRuntime } = writes.databases;
  const byAService = (agent: string) =>
    agentRuntime.query(sql`UPDATE agent_contexts SET current_agent = ${agent} WHERE session_db_id = ${sessionId}`);
  await byAService('ask');
  expect(await switchTo('ask')).toEqual(first);
  await byAService('universal');
  expect(await switchTo('universal')).toEqual({ sessionId, agentSwitchId: null });
});

test('concurrent first switches share one context', async () => {
  ({ sessionId } = await writes.services.sessions.create(alice, {}));
  const results = await Promise.all(Array.from({ length: 5 }, () => switchTo('ask')));
  expect(new Set(results.map((result) => result.agentSwitchId)).size).toBe(1);
});

test('others do not find the session, archived ones keep their agent, and an agent has a name', async () => {
  await expect(switchTo('coder', bob)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(switchTo(' ')).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  await expect(switchTo('x'.repeat(101))).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  await writes.services.sessions.archive(alice, sessionId);
  await expect(switchTo('coder')).rejects.toMatchObject({ code: 'CONFLICT' });
});
