import type pg from 'pg';
import type { SeededRandom } from '../chaos/random.ts';
import type { TestDatabases } from '../support/databases.ts';

/** Tenants and how many users each has. `default` is what rows without a tenant are taken for elsewhere in the platform. */
export const tenants = ['default', 'acme', 'umbrella'] as const;
const usersPerTenant = 4;
const sessionsPerUser = 3;

/** The row that a text is from, written into every text: whatever comes out says whose it is. */
export const mark = (kind: string, id: string): string => `«${kind}:${id}»`;

interface Row {
  readonly [column: string]: unknown;
}

/** A UUID of the seed's. */
export const uuidOf = (random: SeededRandom): string =>
  'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replaceAll('x', () => random.below(16).toString(16));

/** Ids are UUIDs or what an old service gave; the same text is also the id of things of other kinds, elsewhere. */
function newIds(random: SeededRandom): (kind: string) => string {
  const counts = new Map<string, number>();
  return (kind) => {
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    return [uuidOf(random), `same-${count}`, `${kind.toLowerCase()}-${count}`, `${kind}:usage:${count}`][
      random.below(4)
    ] as string;
  };
}

/** Fills both databases by plain SQL, as the services of the field do. */
export async function fillTenants({ service }: TestDatabases, random: SeededRandom): Promise<void> {
  const world = worldOf(random);
  for (const [table, rows] of Object.entries(world.auth)) await insert(service.auth, table, rows);
  for (const [table, rows] of Object.entries(world.agentRuntime)) await insert(service.agentRuntime, table, rows);
  await service.agentRuntime.query('SELECT scrollback.index_documents(10000)');
}

async function insert(pool: pg.Pool, table: string, rows: readonly Row[]): Promise<void> {
  await pool.query(
    `INSERT INTO ${table} (${Object.keys(rows[0] ?? {})
      .map((column) => `"${column}"`)
      .join(', ')})
    SELECT ${Object.keys(rows[0] ?? {})
      .map((column) => `"${column}"`)
      .join(', ')} FROM json_populate_recordset(NULL::${table}, $1)`,
    [JSON.stringify(rows)],
  );
}

type Tables = Record<string, Row[]>;

function worldOf(random: SeededRandom): { auth: Tables; agentRuntime: Tables } {
  const idOf = newIds(random);
  const users = tenants.flatMap((tenant) =>
    Array.from({ length: usersPerTenant }, (_, index) => userOf(`${tenant}-${index}`, tenant)),
  );
  const clients = ['app', 'tools'].map(clientOf);
  const tokens = users.flatMap((user) =>
    [0, 1].map((index) => tokenOf(idOf('Token'), user, clients[index]?.['client_id'])),
  );
  const trail = [...users, ...users, null].map((user) => auditLogOf(idOf('Audit'), user));
  const sessions = [...users, null].flatMap((user) =>
    Array.from({ length: sessionsPerUser + (user === null ? 3 : 0) }, () => sessionOf(idOf('Session'), user, random)),
  );
  const talks = sessions.map((session) => talkOf(session, idOf, random));
  const all = (table: keyof (typeof talks)[number]): Row[] => talks.flatMap((talk) => talk[table]);
  return {
    auth: { users, oauth_clients: clients, refresh_tokens: tokens, audit_logs: trail },
    agentRuntime: {
      sessions,
      messages: all('messages'),
      'scrollback.message_details': all('details'),
      'scrollback.tool_usage': all('usages'),
      agent_contexts: all('contexts'),
      agent_switches: all('switches'),
      pending_approvals: [...all('approvals'), approvalOf(idOf('Approval'), 'no-such-session', null)],
      'scrollback.chat_events': [...all('events'), ...users.map((user) => eventOf(idOf('Event'), null, user))],
    },
  };
}

const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();

const userOf = (id: string, tenant: string): Row => ({
  id,
  username: mark('User', id),
  email: `${mark('User', id)}@example.org`,
  password_hash: `hash-of-${id}`,
  is_active: true,
  is_verified: true,
  created_at: at(0),
  updated_at: at(0),
  tenant_id: tenant,
  display_name: `Name ${mark('User', id)}`,
  groups: [mark('User', id)],
  is_admin: false,
});

const clientOf = (name: string): Row => ({
  id: `client-${name}`,
  client_id: name,
  client_secret_hash: `hash-of-client-${name}`,
  name,
  is_confidential: true,
  allowed_scopes: 'api:read api:write',
  allowed_grant_types: '[]',
  access_token_lifetime: 900,
  refresh_token_lifetime: 900,
  is_active: true,
  created_at: at(0),
  updated_at: at(0),
});

const tokenOf = (id: string, user: Row, clientId: unknown): Row => ({
  id,
  jti_hash: `jti-of-${id}`,
  user_id: user['id'],
  client_id: clientId,
  scope: `api:read ${mark('RefreshToken', id)}`,
  expires_at: at(10_000_000),
  revoked: false,
  created_at: at(1),
});

const auditLogOf = (id: string, user: Row | null): Row => ({
  id,
  user_id: user?.['id'] ?? null,
  client_id: mark('AuditLog', id),
  event_type: 'login_success',
  event_data: { mark: mark('AuditLog', id) },
  ip_address: '192.0.2.1',
  user_agent: mark('AuditLog', id),
  success: true,
  error_message: mark('AuditLog', id),
  created_at: at(2),
});

/** Mostly its owner's; some in another tenant than their owner, in none, deleted, archived, closed. */
function sessionOf(id: string, user: Row | null, random: SeededRandom): Row {
  const fate = random.below(12);
  return {
    id,
    title: `Title ${mark('Session', id)}`,
    description: mark('Session', id),
    created_at: at(random.below(5000)),
    last_activity: at(random.below(5000)),
    is_active: fate > 2,
    deleted_at: fate === 0 ? at(6000) : null,
    closed_at: fate === 1 ? at(6000) : null,
    archived_at: fate === 2 ? at(6000) : null,
    user_id: user?.['id'] ?? null,
    tenant_id:
      fate === 3 ? random.pick(tenants) : fate === 4 ? null : (user?.['tenant_id'] ?? random.pick([...tenants, null])),
    metadata: { mark: mark('Session', id) },
  };
}

function talkOf(session: Row, idOf: (kind: string) => string, random: SeededRandom) {
  const sessionId = String(session['id']);
  const messages = Array.from({ length: random.below(4) + 1 }, (_, index) =>
    messageOf(idOf('Message'), sessionId, index),
  );
  const contextId = idOf('Context');
  const authorId = random.pick(tenants.map((tenant) => `${tenant}-${random.below(usersPerTenant)}`));
  return {
    messages,
    details: messages.slice(0, 1).map((message) => ({
      message_id: message['id'],
      session_id: sessionId,
      author_id: authorId,
      model: mark('Message', String(message['id'])),
      latency_ms: 5,
      created_at: at(1),
    })),
    usages: messages
      .slice(0, 2)
      .map((message, index) => usageOf(idOf('Usage'), sessionId, String(message['id']), index)),
    contexts: [
      {
        id: contextId,
        session_db_id: sessionId,
        current_agent: mark('Session', sessionId),
        created_at: at(1),
        updated_at: at(1),
        switch_count: 1,
      },
    ],
    switches: [switchOf(idOf('Switch'), contextId)],
    approvals: [approvalOf(idOf('Approval'), sessionId, authorId), approvalOf(idOf('Approval'), sessionId, null)],
    events: [eventOf(idOf('Event'), sessionId, { id: session['user_id'], tenant_id: session['tenant_id'] })],
  };
}

const messageOf = (id: string, sessionId: string, index: number): Row => ({
  id,
  session_db_id: sessionId,
  role: ['user', 'assistant', 'tool', 'system'][index],
  content: `zebra ${mark('Message', id)}`,
  timestamp: at(index),
  name: index === 2 ? mark('Message', id) : null,
  tool_call_id: index === 2 ? 'call-1' : null,
  tool_calls:
    index === 1
      ? JSON.stringify([
          {
            id: 'call-1',
            type: 'function',
            function: { name: mark('Message', id), arguments: JSON.stringify({ mark: mark('Message', id) }) },
          },
        ])
      : null,
  token_count: 3,
  metadata_json: JSON.stringify({ mark: mark('Message', id) }),
});

const usageOf = (id: string, sessionId: string, messageId: string, index: number): Row => ({
  id,
  session_id: sessionId,
  message_id: messageId,
  call_id: index === 1 ? 'call-1' : null,
  tool_name: mark('Message', messageId),
  server_name: mark('Message', messageId),
  arguments: { mark: mark('Message', messageId) },
  result: { mark: mark('Message', messageId) },
  error: mark('Message', messageId),
  created_at: at(1),
});

const switchOf = (id: string, contextId: string): Row => ({
  id,
  context_db_id: contextId,
  from_agent: null,
  to_agent: mark('AgentSwitch', id),
  switched_at: at(1),
  reason: mark('AgentSwitch', id),
});

const approvalOf = (id: string, sessionId: string, decider: string | null): Row => ({
  id,
  request_id: `request-of-${id}`,
  request_type: 'tool',
  subject: mark('Approval', id),
  details: { mark: mark('Approval', id) },
  call_id: decider === null ? 'call-1' : null,
  session_id: sessionId,
  tool_name: mark('Approval', id),
  arguments: { mark: mark('Approval', id) },
  reason: mark('Approval', id),
  created_at: at(3),
  status: decider === null ? 'pending' : 'approved',
  decision_at: decider === null ? null : at(4),
  decision_reason: decider === null ? null : mark('Approval', id),
  decided_by: decider,
});

const eventOf = (id: string, sessionId: string | null, user: Row): Row => ({
  id,
  session_id: sessionId,
  user_id: user['id'],
  tenant_id: user['tenant_id'],
  event_type: 'chat_opened',
  event_data: { mark: mark('ChatEvent', id) },
  created_at: at(1),
});

/** What happens between two questions: sessions are handed over, deleted, brought back, users move to another tenant. */
export async function change(
  { service }: TestDatabases,
  random: SeededRandom,
  changed: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const { agentRuntime, auth } = service;
  const one = `(SELECT id FROM sessions ORDER BY md5(id || $1) LIMIT 1)`;
  const salt = String(random.next());
  const user = `${random.pick(tenants)}-${random.below(usersPerTenant)}`;
  const steps = [
    () =>
      agentRuntime.query(`UPDATE sessions SET user_id = $2, tenant_id = $3 WHERE id = ${one}`, [
        salt,
        user,
        user.split('-')[0],
      ]),
    () => agentRuntime.query(`UPDATE sessions SET user_id = NULL WHERE id = ${one}`, [salt]),
    () =>
      agentRuntime.query(
        `UPDATE sessions SET deleted_at = CASE WHEN deleted_at IS NULL THEN now() END WHERE id = ${one}`,
        [salt],
      ),
    () => agentRuntime.query(`UPDATE sessions SET tenant_id = $2 WHERE id = ${one}`, [salt, random.pick(tenants)]),
    () =>
      agentRuntime.query(`DELETE FROM messages WHERE id = (SELECT id FROM messages ORDER BY md5(id || $1) LIMIT 1)`, [
        salt,
      ]),
    () => auth.query('UPDATE users SET tenant_id = $2 WHERE id = $1', [user, random.pick(tenants)]),
  ];
  for (let count = 0; count < 3; count += 1) {
    await random.pick(steps)();
    await changed();
  }
}
