import { sql } from '../../shared/sql.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { administrator, alice, bob, openWrites, type Writes } from '../../../tests/support/writes.ts';

let writes: Writes;

beforeAll(async () => {
  writes = await openWrites();
});

afterAll(async () => {
  await writes.close();
});

test('an event is recorded with who tracked it, in a session or outside', async () => {
  const { sessionId } = await writes.services.sessions.create(alice, {});
  const inside = await writes.services.events.track(alice, { eventType: 'widget.clicked', sessionId, data: { n: 1 } });
  const outside = await writes.services.events.track(alice, { eventType: 'chat_opened' });
  const rows = await writes.databases.agentRuntime.query(
    sql`SELECT id, session_id, user_id, tenant_id, event_type, event_data FROM scrollback.chat_events ORDER BY created_at, id`,
  );
  const mine = { user_id: 'alice', tenant_id: 'default' };
  expect(rows).toEqual([
    { ...mine, id: inside.eventId, session_id: sessionId, event_type: 'widget.clicked', event_data: { n: 1 } },
    { ...mine, id: outside.eventId, session_id: null, event_type: 'chat_opened', event_data: {} },
  ]);
});

test.each(['', 'Chat', '1a', 'a b', 'a'.repeat(101), 'a\0'])('the event type %j is refused', async (eventType) => {
  await expect(writes.services.events.track(alice, { eventType })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
});

test("no event is tracked in another user's session or a deleted one", async () => {
  const { sessionId } = await writes.services.sessions.create(alice, {});
  const event = { eventType: 'chat_opened', sessionId };
  await expect(writes.services.events.track(bob, event)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await writes.services.sessions.delete(alice, sessionId);
  await expect(writes.services.events.track(alice, event)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(writes.services.events.track(administrator, event)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
