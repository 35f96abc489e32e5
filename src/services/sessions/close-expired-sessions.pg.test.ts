import { sql } from '../../shared/sql.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openWrites, type Writes } from '../../../tests/support/writes.ts';
import { closeExpiredSessions } from './close-expired-sessions.ts';

let writes: Writes;

beforeAll(async () => {
  writes = await openWrites();
  await writes.service.agentRuntime.query(
    `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'it is stuck'; END $$`,
  );
});

beforeEach(async () => {
  await writes.service.agentRuntime.query('DELETE FROM sessions; DROP TRIGGER IF EXISTS refuse ON sessions');
});

afterAll(async () => {
  await writes.close();
});

const insert = (id: string, lastActivity: string, createdAt = '2026-01-01Z') =>
  writes.service.agentRuntime.query(
    sql`INSERT INTO sessions (id, user_id, tenant_id, lifetime_seconds, created_at, last_activity)
      VALUES (${id}, 'alice', 'default', 60, ${createdAt}, ${lastActivity})`,
  );

const refuseStuck = () =>
  writes.service.agentRuntime.query(
    `CREATE TRIGGER refuse BEFORE UPDATE ON sessions FOR EACH ROW WHEN (OLD.id = 'stuck') EXECUTE FUNCTION refuse()`,
  );

const openSessions = async () => {
  const { rows } = await writes.service.agentRuntime.query<{ id: string }>(
    'SELECT id FROM sessions WHERE is_active ORDER BY id',
  );
  return rows.map((row) => row.id);
};

const sweep = (limit: number) => closeExpiredSessions(writes.databases.agentRuntime, limit);

test('a session whose times are infinite expires like others, and keeps them', async () => {
  await insert('always-over', '-infinity');
  await insert('made-always', '2026-01-01Z', '-infinity');
  await insert('made-never', '2026-01-01Z', 'infinity');
  await insert('usual', '2026-01-01Z');
  await insert('never-over', 'infinity');
  await insert('as-late-as-can-be', '294276-12-31 23:59:59.999999+00');
  expect(await sweep(100)).toEqual({ closed: 4, failure: null });
  expect(await openSessions()).toEqual(['as-late-as-can-be', 'never-over']);

  const { rows } = await writes.service.agentRuntime.query<Record<string, string>>(
    `SELECT s.id, (s.created_at AT TIME ZONE 'UTC')::text AS created, (s.last_activity AT TIME ZONE 'UTC')::text AS active,
       e.event_data ->> 'lastActivityAt' AS told
     FROM sessions AS s JOIN scrollback.chat_events AS e ON e.session_id = s.id AND e.event_type = 'session_timeout'
     ORDER BY s.id`,
  );
  const [usual, usualTold] = ['2026-01-01 00:00:00', '2026-01-01T00:00:00.000Z'];
  expect(rows).toEqual([
    { id: 'always-over', created: usual, active: '-infinity', told: '0001-01-01T00:00:00.000Z' },
    { id: 'made-always', created: '-infinity', active: usual, told: usualTold },
    { id: 'made-never', created: 'infinity', active: usual, told: usualTold },
    { id: 'usual', created: usual, active: usual, told: usualTold },
  ]);
});

test('a session that cannot be closed keeps no other open, also where it is always the first, and is tried again', async () => {
  await insert('stuck', '2025-01-01');
  await insert('later-1', '2026-01-01Z');
  await insert('later-2', '2026-01-02');
  await refuseStuck();
  const first = await sweep(100);
  expect(first.closed).toBe(2);
  expect(first.failure?.message).toBe('1 could not be closed: it is stuck');
  expect(await openSessions()).toEqual(['stuck']);

  await insert('later-3', '2026-01-03');
  await expect.poll(async () => (await sweep(1)).closed, { timeout: 20_000, interval: 1 }).toBe(1);
  expect(await openSessions()).toEqual(['stuck']);

  await writes.service.agentRuntime.query('DROP TRIGGER refuse ON sessions');
  expect(await sweep(100)).toEqual({ closed: 1, failure: null });
  expect(await openSessions()).toEqual([]);
});

test('a sweep that is told to stop leaves the rest to the next one', async () => {
  await insert('stuck', '2025-01-01');
  await insert('later', '2026-01-01Z');
  await refuseStuck();
  const swept = await closeExpiredSessions(writes.databases.agentRuntime, 100, AbortSignal.abort());
  expect(swept).toEqual({ closed: 0, failure: null });
  expect(await openSessions()).toEqual(['later', 'stuck']);
});
