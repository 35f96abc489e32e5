import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import type { DatabaseConfig } from '../../src/config/database-config.ts';
import type { TestDatabases } from './databases.ts';

/** A pair of databases as the codelab services have them, before we come. */
export interface Codelab {
  /** The same databases, their migrations run by the role that owns the tables there. */
  readonly test: TestDatabases;
  /** The services' own role: it may read and write its tables, and knows of nothing else. */
  readonly service: { readonly agentRuntime: pg.Pool; readonly auth: pg.Pool };
  close(): Promise<void>;
}

type Name = 'agentRuntime' | 'auth';

export async function codelab(empty: TestDatabases): Promise<Codelab> {
  const suffix = randomBytes(4).toString('hex');
  const owner = { user: `codelab_owner_${suffix}`, password: 'owner' };
  const service = { user: `codelab_service_${suffix}`, password: 'service' };
  await asSuperuser(
    'postgres',
    [owner, service].map(({ user, password }) => `CREATE ROLE ${user} LOGIN PASSWORD '${password}'`).join(';'),
  );
  for (const [name, tables] of [
    ['agentRuntime', agentRuntimeTables],
    ['auth', authTables],
  ] as const) {
    const { database } = empty.roads[name].gateway;
    await asSuperuser(
      database,
      `ALTER DATABASE ${database} OWNER TO ${owner.user}; SET ROLE ${owner.user}; ${tables}; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${service.user}`,
    );
  }
  const roadOf = (name: Name, role: { user: string; password: string }): DatabaseConfig => ({
    ...empty.roads[name].owner,
    ...role,
  });
  const poolOf = (name: Name): pg.Pool => {
    const pool = new pg.Pool({ ...roadOf(name, service), max: 8 });
    pool.on('error', () => undefined);
    return pool;
  };
  const pools = { agentRuntime: poolOf('agentRuntime'), auth: poolOf('auth') };
  const roadsOf = (name: Name) => ({ gateway: empty.roads[name].gateway, owner: roadOf(name, owner) });
  return {
    test: { ...empty, roads: { agentRuntime: roadsOf('agentRuntime'), auth: roadsOf('auth') } },
    service: pools,
    async close() {
      await Promise.all([pools.agentRuntime.end(), pools.auth.end()]);
      await empty.close();
      await asSuperuser('postgres', `DROP ROLE ${owner.user}; DROP ROLE ${service.user}`);
    },
  };
}

async function asSuperuser(database: string, statements: string): Promise<void> {
  const client = new pg.Client(inject('testServer').superuser.replace('%s', database));
  await client.connect();
  try {
    await client.query(statements);
  } finally {
    await client.end();
  }
}

/** As SQLAlchemy makes them: defaults are the program's, so the tables have none. */
const agentRuntimeTables = `
CREATE TABLE sessions (
  id VARCHAR(36) NOT NULL, title VARCHAR(500), description TEXT, created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  last_activity TIMESTAMP WITH TIME ZONE NOT NULL, is_active BOOLEAN NOT NULL, deleted_at TIMESTAMP WITH TIME ZONE, PRIMARY KEY (id));
CREATE INDEX ix_sessions_last_activity ON sessions (last_activity);
CREATE INDEX ix_sessions_is_active ON sessions (is_active);
CREATE INDEX idx_sessions_id_last_activity ON sessions (id, last_activity);
CREATE INDEX idx_sessions_is_active_last_activity ON sessions (is_active, last_activity);
CREATE TABLE messages (
  id VARCHAR(36) NOT NULL, session_db_id VARCHAR(36) NOT NULL, role VARCHAR(50) NOT NULL, content TEXT,
  timestamp TIMESTAMP WITH TIME ZONE NOT NULL, name VARCHAR(255), tool_call_id VARCHAR(255), tool_calls TEXT, token_count INTEGER,
  metadata_json TEXT, PRIMARY KEY (id), CONSTRAINT check_message_role CHECK (role IN ('user', 'assistant', 'system', 'tool')),
  FOREIGN KEY (session_db_id) REFERENCES sessions (id) ON DELETE CASCADE);
CREATE INDEX ix_messages_session_db_id ON messages (session_db_id);
CREATE INDEX idx_messages_session_timestamp ON messages (session_db_id, timestamp);
CREATE INDEX ix_messages_role ON messages (role);
CREATE INDEX idx_messages_role_timestamp ON messages (role, timestamp);
CREATE INDEX ix_messages_timestamp ON messages (timestamp);
CREATE TABLE agent_contexts (
  id VARCHAR(36) NOT NULL, session_db_id VARCHAR(36) NOT NULL, current_agent VARCHAR(100) NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL, updated_at TIMESTAMP WITH TIME ZONE NOT NULL, switch_count INTEGER NOT NULL,
  metadata_json TEXT, PRIMARY KEY (id), UNIQUE (session_db_id), FOREIGN KEY (session_db_id) REFERENCES sessions (id) ON DELETE CASCADE);
CREATE TABLE agent_switches (
  id VARCHAR(36) NOT NULL, context_db_id VARCHAR(36) NOT NULL, from_agent VARCHAR(100), to_agent VARCHAR(100) NOT NULL,
  switched_at TIMESTAMP WITH TIME ZONE NOT NULL, reason TEXT, metadata_json TEXT, PRIMARY KEY (id),
  FOREIGN KEY (context_db_id) REFERENCES agent_contexts (id) ON DELETE CASCADE);
CREATE INDEX idx_agent_switches_context ON agent_switches (context_db_id, switched_at);
CREATE TABLE pending_approvals (
  id VARCHAR(36) NOT NULL, request_id VARCHAR(255) NOT NULL, request_type VARCHAR(50) NOT NULL, subject VARCHAR(200), details JSON,
  call_id VARCHAR(255), session_id VARCHAR(255) NOT NULL, tool_name VARCHAR(255), arguments JSON, reason TEXT,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL, status VARCHAR(50) NOT NULL, decision_at TIMESTAMP WITH TIME ZONE, decision_reason TEXT,
  PRIMARY KEY (id), UNIQUE (request_id))`;

const authTables = `
CREATE TABLE users (
  id VARCHAR(36) NOT NULL, username VARCHAR(255) NOT NULL, email VARCHAR(255) NOT NULL, password_hash VARCHAR(255) NOT NULL,
  is_active BOOLEAN NOT NULL, is_verified BOOLEAN NOT NULL, created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL, last_login_at TIMESTAMP WITH TIME ZONE, PRIMARY KEY (id), UNIQUE (username), UNIQUE (email));
CREATE TABLE oauth_clients (
  id VARCHAR(36) NOT NULL, client_id VARCHAR(255) NOT NULL, client_secret_hash VARCHAR(255), name VARCHAR(255) NOT NULL, description TEXT,
  is_confidential BOOLEAN NOT NULL, allowed_scopes TEXT NOT NULL, allowed_grant_types TEXT NOT NULL, access_token_lifetime INTEGER NOT NULL,
  refresh_token_lifetime INTEGER NOT NULL, is_active BOOLEAN NOT NULL, created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL, PRIMARY KEY (id), UNIQUE (client_id));
CREATE TABLE refresh_tokens (
  id VARCHAR(36) NOT NULL, jti_hash VARCHAR(64) NOT NULL, user_id VARCHAR(36) NOT NULL, client_id VARCHAR(255) NOT NULL, scope TEXT NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL, revoked BOOLEAN NOT NULL, revoked_at TIMESTAMP WITH TIME ZONE, parent_jti_hash VARCHAR(64),
  created_at TIMESTAMP WITH TIME ZONE NOT NULL, PRIMARY KEY (id), UNIQUE (jti_hash),
  FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE, FOREIGN KEY (client_id) REFERENCES oauth_clients (client_id) ON DELETE CASCADE);
CREATE TABLE audit_logs (
  id VARCHAR(36) NOT NULL, user_id VARCHAR(36), client_id VARCHAR(255), event_type VARCHAR(50) NOT NULL, event_data JSON, ip_address VARCHAR(45),
  user_agent TEXT, success BOOLEAN NOT NULL, error_message TEXT, created_at TIMESTAMP WITH TIME ZONE NOT NULL, PRIMARY KEY (id),
  FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL);
CREATE INDEX ix_audit_logs_created_at ON audit_logs (created_at)`;

/** One message as the service holds it in memory. */
export interface SavedMessage {
  readonly id: string;
  readonly role: string;
  readonly content: string | null;
  readonly timestamp: string;
  readonly toolCalls?: string;
}

/** A save as the service does it: the session's row is updated, all its messages are deleted and inserted again. */
export async function save(pool: pg.Pool, sessionId: string, messages: readonly SavedMessage[]): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('UPDATE sessions SET last_activity=$2 WHERE sessions.id = $1', [sessionId, new Date()]);
    await client.query('DELETE FROM messages WHERE messages.session_db_id = $1', [sessionId]);
    for (const { id, role, content, timestamp, toolCalls } of messages) {
      await client.query(
        'INSERT INTO messages (id, session_db_id, role, content, timestamp, name, tool_call_id, tool_calls, token_count, metadata_json) VALUES ($1, $2, $3, $4, $5, NULL, NULL, $6, NULL, NULL)',
        [id, sessionId, role, content, timestamp, toolCalls ?? null],
      );
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}
