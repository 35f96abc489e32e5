import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { agentRuntimeDefinition, authDefinition } from '../../src/databases/definitions.ts';
import { pendingMigrations } from '../../src/commands/pending-migrations.ts';
import { migrate } from '../../src/databases/migrate.ts';
import { silentLog } from '../../src/shared/log.ts';
import { ask, pick } from '../support/ask.ts';
import { codelab, save, type Codelab, type SavedMessage } from '../support/codelab.ts';
import { collect } from '../support/collect.ts';
import { testDatabases } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const admin = { userId: 'anna', scopes: ['api:read', 'api:write', 'api:admin'] };
const definitions = { agentRuntime: agentRuntimeDefinition, auth: authDefinition } as const;
type Name = keyof typeof definitions;
const names = ['agentRuntime', 'auth'] as const;

let field: Codelab;
let gateway: TestGateway;
let before: Record<Name, string[]>;
let runs: Record<Name, (readonly string[])[]>;
let busy: Writer[];

const message = (session: string, n: number, second = n): SavedMessage => ({
  id: `${session}-${n}`,
  role: n % 2 === 1 ? 'user' : 'assistant',
  content: `message ${n}`,
  timestamp: `2026-03-01T10:${String(Math.floor(second / 60)).padStart(2, '0')}:${String(second % 60).padStart(2, '0')}.5Z`,
});

/** The old session's messages in the order of (timestamp, id): the first three at one moment, and one text that is no JSON. */
const old = [
  message('old', 1, 1),
  message('old', 2, 1),
  message('old', 3, 1),
  { ...message('old', 9, 2), toolCalls: '[{"id": "broken"' },
  {
    ...message('old', 4, 3),
    toolCalls: '[{"id":"c","type":"function","function":{"name":"look","arguments":"{\\"at\\":1}"}}]',
    content: null,
  },
];

async function fill({ agentRuntime, auth }: Codelab['service']): Promise<void> {
  const at = `'2026-03-01T10:00:00Z'`;
  await agentRuntime.query(`
    INSERT INTO sessions (id, title, description, created_at, last_activity, is_active, deleted_at) VALUES
      ('old', 'Old', NULL, ${at}, ${at}, true, NULL), ('gone', 'Gone', NULL, ${at}, ${at}, false, ${at}),
      ('busy-0', 'Busy', NULL, ${at}, ${at}, true, NULL), ('busy-1', 'Busy', NULL, ${at}, ${at}, true, NULL);
    INSERT INTO agent_contexts (id, session_db_id, current_agent, created_at, updated_at, switch_count, metadata_json) VALUES ('context', 'old', 'coder', ${at}, ${at}, 1, NULL);
    INSERT INTO agent_switches (id, context_db_id, from_agent, to_agent, switched_at, reason, metadata_json) VALUES ('switch', 'context', NULL, 'coder', ${at}, NULL, NULL);
    INSERT INTO pending_approvals (id, request_id, request_type, subject, details, call_id, session_id, tool_name, arguments, reason, created_at, status, decision_at, decision_reason) VALUES
      ('approval', 'r-1', 'tool', NULL, '{"a":1}', 'c', 'old', 'look', '{}', NULL, ${at}, 'pending', NULL, NULL),
      ('of-nothing', 'r-2', 'tool', NULL, NULL, NULL, 'no such session', 'look', NULL, NULL, ${at}, 'approved', ${at}, 'fine')`);
  await save(agentRuntime, 'old', old.toReversed());
  await auth.query(`
    INSERT INTO users (id, username, email, password_hash, is_active, is_verified, created_at, updated_at, last_login_at) VALUES ('anna', 'anna', 'anna@example.org', '$2b$', true, true, ${at}, ${at}, NULL);
    INSERT INTO oauth_clients (id, client_id, client_secret_hash, name, description, is_confidential, allowed_scopes, allowed_grant_types, access_token_lifetime, refresh_token_lifetime, is_active, created_at, updated_at)
      VALUES ('client', 'codelab-flutter-app', NULL, 'App', NULL, false, 'api:read api:write', '["password"]', 900, 2592000, true, ${at}, ${at});
    INSERT INTO refresh_tokens (id, jti_hash, user_id, client_id, scope, expires_at, revoked, revoked_at, parent_jti_hash, created_at) VALUES ('token', 'hash', 'anna', 'codelab-flutter-app', 'api:read', now() + interval '1 day', false, NULL, NULL, ${at});
    INSERT INTO audit_logs (id, user_id, client_id, event_type, event_data, ip_address, user_agent, success, error_message, created_at) VALUES
      ('audit-2', 'anna', NULL, 'login_success', '{}', NULL, NULL, true, NULL, '2026-03-01T10:00:02Z'), ('audit-1', NULL, NULL, 'login_failed', NULL, NULL, NULL, false, 'who?', '2026-03-01T10:00:01Z')`);
}

interface Writer {
  readonly sessionId: string;
  readonly saved: SavedMessage[];
  readonly errors: unknown[];
  /** Milliseconds that the slowest save took. */
  readonly slowest: () => number;
  stop(): Promise<void>;
}

/** Saves a session over and over, each time with one message more. */
function keepSaving(pool: pg.Pool, sessionId: string): Writer {
  const saved: SavedMessage[] = [];
  const errors: unknown[] = [];
  const stopped = new AbortController();
  let slowest = 0;
  const loop = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const next = [...saved, message(sessionId, saved.length + 1)];
      const started = performance.now();
      try {
        await save(pool, sessionId, next);
        saved.push(...next.slice(saved.length));
      } catch (error) {
        errors.push(error);
      }
      slowest = Math.max(slowest, performance.now() - started);
    }
  };
  const done = loop();
  return {
    sessionId,
    saved,
    errors,
    slowest: () => slowest,
    stop: async () => {
      stopped.abort();
      await done;
    },
  };
}

const staysOpenMs = 2000;

/** A transaction that has written a message and takes its time to commit. */
async function dawdle(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  await client.query(
    `BEGIN; INSERT INTO messages (id, session_db_id, role, content, timestamp) VALUES ('slow', 'gone', 'user', 'slow', now())`,
  );
  setTimeout(() => void client.query('COMMIT').finally(() => client.release()), staysOpenMs);
}

/** Everything that the services can notice of their tables, one line each. */
async function shapeOf(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ line: string }>(`
    SELECT concat_ws(' ', 'column', table_name, column_name, data_type, character_maximum_length, is_nullable, column_default) AS line
      FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT concat_ws(' ', 'index', indexdef) FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT concat_ws(' ', 'owner', tablename, tableowner) FROM pg_tables WHERE schemaname = 'public'
    UNION ALL SELECT concat_ws(' ', 'rights', relname, acl) FROM pg_class, unnest(relacl) AS acl WHERE relnamespace = 'public'::regnamespace
    ORDER BY 1`);
  return rows.map(({ line }) => line);
}

const migrateOnce = (name: Name) => migrate(definitions[name], field.test.roads[name].owner, silentLog());

beforeAll(async () => {
  field = await codelab(await testDatabases({ migrated: false }));
  await fill(field.service);
  before = { agentRuntime: await shapeOf(field.service.agentRuntime), auth: await shapeOf(field.service.auth) };
  busy = [0, 1].map((n) => keepSaving(field.service.agentRuntime, `busy-${n}`));
  await vi.waitUntil(() => busy.every(({ saved }) => saved.length > 3));
  await dawdle(field.service.agentRuntime);
  runs = { agentRuntime: [], auth: [] };
  for (const name of names) runs[name] = await Promise.all([migrateOnce(name), migrateOnce(name)]);
  await Promise.all(busy.map((writer) => writer.stop()));
  gateway = await startTestGateway(field.test);
}, 60_000);
afterAll(async () => {
  await gateway.stop();
  await field.close();
});

describe('migrating databases of the field', () => {
  it('works when two start at once: one works, the other finds it done', async () => {
    for (const name of names) {
      const expected = definitions[name].migrations.map((migration) => migration.name);
      expect(runs[name].map((done) => done.length)).toContain(0);
      expect(runs[name].flat()).toEqual(expected);
      expect(await migrateOnce(name)).toEqual([]);
      expect(await pendingMigrations(definitions[name], field.test.roads[name].owner)).toMatchObject({
        done: expected,
        pending: [],
      });
    }
  });

  it('only adds', async () => {
    for (const name of names) {
      const after = await shapeOf(field.service[name]);
      expect(before[name].filter((line) => !after.includes(line))).toEqual([]);
      const added = after.filter((line) => !before[name].includes(line) && line.startsWith('column'));
      expect(added.filter((line) => !line.endsWith(' YES') && !/ NO .+/.test(line))).toEqual([]);
    }
  });

  it('never makes a save of the services fail, or wait for a transaction that is none of its business', () => {
    for (const { errors, saved, slowest } of busy) {
      expect(slowest()).toBeLessThan(staysOpenMs / 2);
      expect(errors).toEqual([]);
      expect(saved.length).toBeGreaterThan(3);
    }
  });

  it('numbers what is there by time and id, densely', async () => {
    const numbered = async (sessionId: string): Promise<object[]> =>
      pick(
        await ask(
          gateway,
          admin,
          `{ session(id: "${sessionId}") { messages(first: 200) { nodes { sequence content createdAt } } } }`,
        ),
        'session.messages.nodes',
      ) as object[];
    const expected = (messages: readonly SavedMessage[]): object[] =>
      messages.slice(0, 200).map(({ content, timestamp }, index) => ({
        sequence: index + 1,
        content,
        createdAt: new Date(timestamp).toISOString(),
      }));
    expect(await numbered('old')).toEqual(expected(old));
    for (const { sessionId, saved } of busy) expect(await numbered(sessionId)).toEqual(expected(saved));
  });

  it('keeps and serves everything else', async () => {
    const answer = await ask(
      gateway,
      admin,
      `{ session(id: "old") { status owner { id } currentAgent agentSwitches { nodes { toAgent } } approvals { nodes { requestId status subject } } messages { nodes { toolCalls { name arguments } } } }
         gone: session(id: "gone") { status } approval(id: "of-nothing") { status session { id } }
         searchMessages(query: "message") { totalCount } user(id: "anna") { username email refreshTokens { nodes { isActive client { name } } } } auditLogs { nodes { eventType user { username } } } }`,
    );
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toMatchObject({
      session: {
        status: 'ACTIVE',
        owner: null,
        currentAgent: 'coder',
        agentSwitches: { nodes: [{ toAgent: 'coder' }] },
        approvals: { nodes: [{ requestId: 'r-1', status: 'PENDING', subject: 'look' }] },
        messages: {
          nodes: [
            {},
            {},
            {},
            { toolCalls: [{ arguments: '[{"id": "broken"' }] },
            { toolCalls: [{ name: 'look', arguments: { at: 1 } }] },
          ],
        },
      },
      gone: { status: 'DELETED' },
      approval: { status: 'APPROVED', session: null },
      searchMessages: { totalCount: 4 + busy.reduce((sum, { saved }) => sum + saved.length, 0) },
      user: { username: 'anna', refreshTokens: { nodes: [{ isActive: true, client: { name: 'App' } }] } },
      auditLogs: {
        nodes: [
          { eventType: 'login_success', user: { username: 'anna' } },
          { eventType: 'login_failed', user: null },
        ],
      },
    });
  });
});

describe('the services go on in their way', () => {
  it('and each new message is told once, in order; edits and removals as what they are', async () => {
    const { agentRuntime } = field.service;
    const client = await gateway.connect(admin);
    const added = collect(
      client,
      'subscription { messageAdded(sessionId: "old") { node { sequence content } } }',
      {},
      (data: { messageAdded: { node: object } }) => data.messageAdded.node,
    );
    const feed = collect(
      client,
      'subscription { messageFeed(filter: { sessionIds: ["old"] }) { node { sequence content } } }',
      {},
      (data: { messageFeed: { node: object } }) => data.messageFeed.node,
    );
    const changed = collect(
      client,
      'subscription { messageChanged(sessionId: "old") { kind sequence message { content } } }',
      {},
      (data: { messageChanged: object }) => data.messageChanged,
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    let messages: SavedMessage[] = [...old];
    const nextSave = async (change: (now: SavedMessage[]) => SavedMessage[]): Promise<void> => {
      messages = change(messages);
      await save(agentRuntime, 'old', messages);
    };
    for (let n = 10; n < 20; n += 1) await nextSave((now) => [...now, message('old', n)]);
    // A message that is gone again before it was told is not told.
    await Promise.all([added.until(10), feed.until(10)]);
    await nextSave((now) => now.map((one) => (one.id === 'old-1' ? { ...one, content: 'edited' } : one)));
    await nextSave((now) => now.filter(({ id }) => id !== 'old-2'));
    await agentRuntime.query(`UPDATE messages SET content='edited by the ORM' WHERE messages.id = 'old-3'`);
    await agentRuntime.query(`DELETE FROM messages WHERE messages.id = 'old-19'`);
    await nextSave((now) => [
      ...now
        .filter(({ id }) => id !== 'old-19')
        .map((one) => (one.id === 'old-3' ? { ...one, content: 'edited by the ORM' } : one)),
      message('old', 20),
    ]);
    await added.until(11);
    await feed.until(11);
    await changed.until(4);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const expected = Array.from({ length: 11 }, (_, index) => ({
      sequence: index + 6,
      content: `message ${index + 10}`,
    }));
    expect(added.items).toEqual(expected);
    expect(feed.items).toEqual(expected);
    expect(changed.items).toEqual([
      { kind: 'EDITED', sequence: 1, message: { content: 'edited' } },
      { kind: 'REMOVED', sequence: 2, message: null },
      { kind: 'EDITED', sequence: 3, message: { content: 'edited by the ORM' } },
      { kind: 'REMOVED', sequence: 15, message: null },
    ]);
    await client.dispose();
  });

  it('and an agent switch that was there before, and is saved again by deleting and inserting it, is no event', async () => {
    const { agentRuntime } = field.service;
    const client = await gateway.connect(admin);
    const changed = collect(
      client,
      'subscription { sessionChanged(sessionId: "old") { kind session { agentSwitches { totalCount } } } }',
      {},
      (data: { sessionChanged: object }) => data.sessionChanged,
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    const connection = await agentRuntime.connect();
    await connection.query(`
      BEGIN;
      CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM agent_switches WHERE id = 'switch';
      DELETE FROM agent_switches WHERE id = 'switch';
      INSERT INTO agent_switches SELECT * FROM kept;
      COMMIT`);
    connection.release();
    await agentRuntime.query(
      `INSERT INTO agent_switches (id, context_db_id, from_agent, to_agent, switched_at) VALUES ('later', 'context', 'coder', 'ask', now())`,
    );
    await changed.until(1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(changed.items).toEqual([{ kind: 'AGENT_SWITCHED', session: { agentSwitches: { totalCount: 2 } } }]);
    await client.dispose();
  });

  it('with every statement they have, by a role that has rights on nothing of ours', async () => {
    const { agentRuntime, auth } = field.service;
    await expect(agentRuntime.query('SELECT * FROM scrollback.session_log')).rejects.toThrow(/permission denied/);
    await agentRuntime.query(
      `INSERT INTO sessions (id, title, description, created_at, last_activity, is_active, deleted_at) VALUES ('fresh', NULL, NULL, now(), now(), true, NULL)`,
    );
    await save(agentRuntime, 'fresh', [message('fresh', 1)]);
    await agentRuntime.query(
      `INSERT INTO agent_contexts (id, session_db_id, current_agent, created_at, updated_at, switch_count, metadata_json) VALUES ('context-2', 'fresh', 'ask', now(), now(), 1, NULL)`,
    );
    await agentRuntime.query(
      `INSERT INTO agent_switches (id, context_db_id, from_agent, to_agent, switched_at, reason, metadata_json) VALUES ('switch-2', 'context-2', NULL, 'ask', now(), NULL, NULL)`,
    );
    await agentRuntime.query(
      `INSERT INTO pending_approvals (id, request_id, request_type, subject, details, call_id, session_id, tool_name, arguments, reason, created_at, status, decision_at, decision_reason) VALUES ('a-2', 'r-9', 'tool', NULL, NULL, NULL, 'fresh', 'rm', '{}', NULL, now(), 'pending', NULL, NULL)`,
    );
    await agentRuntime.query(
      `UPDATE pending_approvals SET status='rejected', decision_at=now(), decision_reason='no' WHERE pending_approvals.id = 'a-2'`,
    );
    await agentRuntime.query(`DELETE FROM pending_approvals WHERE pending_approvals.id = 'a-2'`);
    await agentRuntime.query(`UPDATE sessions SET is_active=false, deleted_at=now() WHERE sessions.id = 'fresh'`);
    await auth.query(
      `INSERT INTO users (id, username, email, password_hash, is_active, is_verified, created_at, updated_at, last_login_at) VALUES ('new', 'new', 'new@example.org', '!', true, false, now(), now(), NULL)`,
    );
    await auth.query(
      `INSERT INTO audit_logs (id, user_id, client_id, event_type, event_data, ip_address, user_agent, success, error_message, created_at) VALUES ('audit-3', 'new', NULL, 'login_success', NULL, NULL, NULL, true, NULL, now())`,
    );
    await auth.query(`DELETE FROM users WHERE users.id = 'new'`);
    const answer = await ask(
      gateway,
      admin,
      '{ session(id: "fresh") { status currentAgent agentSwitches { totalCount } approvals { totalCount } messages { nodes { sequence } } } auditLog(id: "audit-3") { eventType user { id } } }',
    );
    expect(answer).toEqual({
      data: {
        session: {
          status: 'DELETED',
          currentAgent: 'ask',
          agentSwitches: { totalCount: 1 },
          approvals: { totalCount: 0 },
          messages: { nodes: [{ sequence: 1 }] },
        },
        auditLog: { eventType: 'login_success', user: null },
      },
    });
    const { rows } = await field.test.service.agentRuntime
      .query<{ count: string }>(`SELECT count(*) FROM sessions WHERE id = 'fresh'`)
      .catch(() => ({ rows: [{ count: '1' }] }));
    expect(rows).toEqual([{ count: '1' }]);
    await agentRuntime.query(`DELETE FROM sessions WHERE sessions.id = 'fresh'`);
    expect(await ask(gateway, admin, '{ session(id: "fresh") { id } message(id: "fresh-1") { id } }')).toEqual({
      data: { session: null, message: null },
    });
  });

  it('and the gateway writes beside them', async () => {
    const sent = await ask(
      gateway,
      admin,
      'mutation { sendMessage(input: { sessionId: "old", content: "from the gateway", clientMessageId: "c" }) { message { id sequence } } }',
    );
    const { id, sequence } = pick(sent, 'sendMessage.message') as { id: string; sequence: number };
    expect(sequence).toBe(17);
    const { rows } = await field.service.agentRuntime.query<{
      id: string;
      role: string;
      content: string;
      timestamp: Date;
    }>('SELECT id, role, content, timestamp FROM messages WHERE session_db_id = $1 ORDER BY timestamp, id', ['old']);
    await save(
      field.service.agentRuntime,
      'old',
      rows.map((row) => ({ ...row, timestamp: row.timestamp.toISOString() })),
    );
    const answer = await ask(
      gateway,
      admin,
      'query ($id: ID!) { message(id: $id) { sequence author { username } editedAt } }',
      { id },
    );
    expect(pick(answer, 'message')).toEqual({ sequence: 17, author: { username: 'anna' }, editedAt: null });
  });
});
