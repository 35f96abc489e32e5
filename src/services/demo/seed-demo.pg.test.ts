import { afterAll, beforeAll, expect, test } from 'vitest';
import { testDatabases, type TestDatabases } from '../../../tests/support/databases.ts';
import { Database } from '../../databases/database.ts';
import { agentRuntimeDefinition, authDefinition } from '../../databases/definitions.ts';
import { silentLog } from '../../shared/log.ts';
import type { Databases } from '../reading/reader.ts';
import { seedDemo } from './seed-demo.ts';

let pair: TestDatabases;
let owners: Databases;
beforeAll(async () => {
  pair = await testDatabases();
  owners = {
    agentRuntime: Database.open(agentRuntimeDefinition, pair.roads.agentRuntime.owner, silentLog()),
    auth: Database.open(authDefinition, pair.roads.auth.owner, silentLog()),
  };
  await seedDemo(owners, new Date());
});
afterAll(async () => {
  await Promise.all([owners.agentRuntime.close(), owners.auth.close()]);
  await pair.close();
});

async function one(database: 'agentRuntime' | 'auth', text: string): Promise<unknown> {
  const { rows } = await pair.service[database].query<Record<string, unknown>>(text);
  return Object.values(rows[0] ?? {})[0];
}

/** Every row of the demo's tables. */
async function everything(): Promise<unknown[]> {
  const tables = {
    agentRuntime: ['sessions', 'messages', 'pending_approvals', 'scrollback.session_log'],
    auth: ['users', 'audit_logs', 'refresh_tokens', 'oauth_clients'],
  };
  const texts = Object.entries(tables).flatMap(([database, names]) =>
    names.map((name) => one(database as 'auth', `SELECT string_agg(t::text, ' ' ORDER BY t::text) FROM ${name} AS t`)),
  );
  return Promise.all(texts);
}

test('there is something of everything to look at', async () => {
  expect(await one('agentRuntime', 'SELECT count(*)::int FROM sessions')).toBeGreaterThanOrEqual(12);
  expect(
    await one(
      'agentRuntime',
      `SELECT count(*)::int FROM pending_approvals WHERE status = 'pending' AND (expires_at IS NULL OR expires_at > now())`,
    ),
  ).toBe(1);
  expect(
    await one(
      'agentRuntime',
      `SELECT count(*)::int FROM agent_switches WHERE from_agent = 'orchestrator' AND to_agent = 'coder'`,
    ),
  ).toBeGreaterThan(2);
  expect(await one('agentRuntime', 'SELECT count(*)::int FROM scrollback.tool_usage')).toBeGreaterThan(8);
  expect(
    await one('agentRuntime', 'SELECT count(DISTINCT event_type)::int FROM scrollback.chat_events'),
  ).toBeGreaterThan(2);
  expect(await one('auth', `SELECT count(DISTINCT event_type)::int FROM audit_logs`)).toBeGreaterThan(4);
  expect(await one('auth', `SELECT string_agg(username || '@' || tenant_id, ' ' ORDER BY username) FROM users`)).toBe(
    'admin@default demo@default irina@default marco@acme',
  );
});

test('the log tells each session in the order of its times, and nothing happens in the future', async () => {
  const inversions = `SELECT count(*)::int FROM (
    SELECT m."timestamp" <= lag(m."timestamp") OVER (PARTITION BY l.session_id ORDER BY l.number) AS inverted
    FROM scrollback.session_log AS l JOIN messages AS m ON m.id = l.subject_id) AS steps WHERE inverted`;
  expect(await one('agentRuntime', inversions)).toBe(0);
  expect(await one('agentRuntime', 'SELECT max("timestamp") < now() FROM messages')).toBe(true);
  expect(
    await one(
      'agentRuntime',
      'SELECT bool_and(last_activity >= created_at AND coalesce(closed_at, now()) <= now()) FROM sessions',
    ),
  ).toBe(true);
});

test('every answer of a tool belongs to a call that was asked for before', async () => {
  const orphans = `SELECT count(*)::int FROM messages AS answer WHERE role = 'tool' AND NOT EXISTS (
    SELECT FROM messages AS asked WHERE asked.session_db_id = answer.session_db_id AND asked."timestamp" < answer."timestamp"
      AND asked.tool_calls::jsonb @> jsonb_build_array(jsonb_build_object('id', answer.tool_call_id)))`;
  expect(await one('agentRuntime', orphans)).toBe(0);
});

test('a second seeding, another day, changes nothing', async () => {
  const before = await everything();
  expect(await seedDemo(owners, new Date(Date.now() + 86_400_000))).toEqual({ users: 0, sessions: 0 });
  expect(await everything()).toEqual(before);
});

test('somebody who is called demo already plays the part', async () => {
  const own = await testDatabases();
  const ownOwners = {
    agentRuntime: Database.open(agentRuntimeDefinition, own.roads.agentRuntime.owner, silentLog()),
    auth: Database.open(authDefinition, own.roads.auth.owner, silentLog()),
  };
  try {
    await own.service.auth.query(
      `INSERT INTO users (id, username, email, password_hash) VALUES ('u-demo', 'demo', 'd@example.org', '!')`,
    );
    expect(await seedDemo(ownOwners, new Date())).toMatchObject({ users: 3 });
    const { rows } = await own.service.agentRuntime.query(
      `SELECT count(*)::int AS count FROM sessions WHERE user_id = 'u-demo'`,
    );
    expect(rows).toEqual([{ count: 8 }]);
  } finally {
    await Promise.all([ownOwners.agentRuntime.close(), ownOwners.auth.close()]);
    await own.close();
  }
});
