import { sql } from '../../shared/sql.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { alice, openWrites, type Writes } from '../../../tests/support/writes.ts';

/** Services of the field write rows whose times are PostgreSQL's infinite ones. */

let writes: Writes;
let sessionId: string;

beforeAll(async () => {
  writes = await openWrites();
});

beforeEach(async () => {
  ({ sessionId } = await writes.services.sessions.create(alice, {}));
});

afterAll(async () => {
  await writes.close();
});

const timesOf = async (table: string, id: string, ...columns: readonly string[]) => {
  const { rows } = await writes.service.agentRuntime.query<Record<string, string>>(
    `SELECT ${columns.map((column) => `${column}::text`).join(', ')} FROM ${table} WHERE id = $1`,
    [id],
  );
  return rows[0];
};

describe.each(['infinity', '-infinity'])('%s', (endless) => {
  test.each(['created_at', 'expires_at'])(
    'as the %s of an approval lets it be decided in time, and stays',
    async (column) => {
      const { approvals } = writes.services;
      const { approvalId } = await approvals.request(alice, { sessionId });
      await writes.service.agentRuntime.query(`UPDATE pending_approvals SET ${column} = $1 WHERE id = $2`, [
        endless,
        approvalId,
      ]);
      const decided = await approvals
        .decide(alice, { approvalId, decision: 'APPROVE' })
        .catch((error: unknown) => error);
      const isOver = column === 'expires_at' && endless === '-infinity';
      expect(decided).toMatchObject(isOver ? { details: { reason: 'APPROVAL_EXPIRED' } } : { approvalId });
      expect(await timesOf('pending_approvals', approvalId, column)).toEqual({ [column]: endless });
    },
  );

  test('as the times of a session lets it be written to, and they stay', async () => {
    const { sessions, agents, approvals } = writes.services;
    await writes.service.agentRuntime.query(
      sql`UPDATE sessions SET created_at = ${endless}, last_activity = ${endless} WHERE id = ${sessionId}`,
    );
    await sessions.update(alice, { sessionId, title: 'T' });
    await agents.switchTo(alice, { sessionId, toAgent: 'coder' });
    await approvals.request(alice, { sessionId });
    await sessions.close(alice, sessionId);
    await sessions.archive(alice, sessionId);
    await sessions.delete(alice, sessionId);
    expect(await timesOf('sessions', sessionId, 'title', 'created_at', 'last_activity', 'is_active')).toEqual({
      title: 'T',
      created_at: endless,
      last_activity: endless,
      is_active: 'false',
    });
  });

  test('as the last activity of a session decides whether its lifetime is over, the long way', async () => {
    const { sessions, messages } = writes.services;
    await sessions.update(alice, { sessionId, lifetimeSeconds: 60 });
    const message = { sessionId, content: 'Hello', clientMessageId: `to ${sessionId}` };
    await messages.send(alice, message);
    await writes.service.agentRuntime.query(
      sql`UPDATE sessions SET created_at = ${endless}, last_activity = ${endless} WHERE id = ${sessionId}`,
    );
    expect(await messages.send(alice, message)).toMatchObject({ wasDuplicate: true });
    const sent = await messages.send(alice, { sessionId, content: 'Again' });
    expect(sent.sessionWasCreated).toBe(endless === '-infinity');
    expect(await timesOf('sessions', sessionId, 'created_at')).toEqual({ created_at: endless });
  });

  test('as the time of a message lets it be edited, and stays', async () => {
    const { messages } = writes.services;
    const { messageId } = await messages.send(alice, { sessionId, content: 'Helo' });
    await writes.service.agentRuntime.query(sql`UPDATE messages SET "timestamp" = ${endless} WHERE id = ${messageId}`);
    await expect(messages.edit(alice, { messageId, content: 'Hello' })).resolves.toEqual({ messageId });
    expect(await timesOf('messages', messageId, 'content', 'timestamp')).toEqual({
      content: 'Hello',
      timestamp: endless,
    });
  });

  test('as the times of an agent lets it be switched', async () => {
    const { agents } = writes.services;
    await agents.switchTo(alice, { sessionId, toAgent: 'coder' });
    await writes.service.agentRuntime.query(
      sql`UPDATE agent_contexts SET created_at = ${endless}, updated_at = ${endless} WHERE session_db_id = ${sessionId}`,
    );
    const { agentSwitchId } = await agents.switchTo(alice, { sessionId, toAgent: 'ask' });
    await writes.service.agentRuntime.query(
      sql`UPDATE agent_switches SET switched_at = ${endless} WHERE id = ${agentSwitchId}`,
    );
    await expect(agents.switchTo(alice, { sessionId, toAgent: 'ask' })).resolves.toMatchObject({ sessionId });
  });
});
