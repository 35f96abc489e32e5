import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { testDatabases, type TestDatabases } from '../../tests/support/databases.ts';

/** What a role may do with a table; SELECT of some columns is written as what is missing. */
type Rights = Readonly<Record<string, string>>;

const verbs = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'] as const;

/** Every table of both databases; a table that is missing here fails the test, and so does a right that is missing or too much. */
const expected: Readonly<Record<'agentRuntime' | 'auth', Readonly<Record<string, Rights>>>> = {
  agentRuntime: {
    scrollback_gateway: {
      'public.agent_contexts': 'SELECT INSERT UPDATE',
      'public.agent_switches': 'SELECT INSERT',
      'public.messages': 'SELECT INSERT UPDATE',
      'public.pending_approvals': 'SELECT INSERT UPDATE',
      'public.sessions': 'SELECT INSERT UPDATE',
      'scrollback.chat_events': 'SELECT INSERT',
      'scrollback.cursor_keys': 'SELECT',
      'scrollback.document_progress': 'SELECT',
      'scrollback.log_identity': 'SELECT',
      'scrollback.message_details': 'SELECT INSERT UPDATE',
      'scrollback.message_documents': 'SELECT',
      'scrollback.migrations': 'SELECT',
      'scrollback.outbox': 'SELECT INSERT DELETE',
      'scrollback.session_departures': 'SELECT',
      'scrollback.registered_documents': 'SELECT',
      'scrollback.session_log': 'SELECT',
      'scrollback.tool_usage': 'SELECT INSERT UPDATE',
      'scrollback.unnumbered_messages': 'SELECT',
      'scrollback.waiting_sessions': 'SELECT',
    },
    scrollback_analytics: {
      'public.agent_contexts': 'SELECT without metadata_json',
      'public.agent_switches': 'SELECT without metadata_json reason',
      'public.messages': 'SELECT without content metadata_json tool_call_id tool_calls',
      'public.pending_approvals':
        'SELECT without arguments call_id client_request_id decided_by decision_reason details modified_arguments reason request_id subject',
      'public.sessions': 'SELECT without description lifetime_seconds metadata title',
      'scrollback.chat_events': 'SELECT without event_data',
      'scrollback.message_details': 'SELECT without author_id client_message_id request_hash sender tenant_id',
      'scrollback.tool_usage': 'SELECT without arguments asked call_id error result',
    },
    scrollback_auditor: {},
    scrollback_viewer: {
      'public.agent_contexts': 'SELECT',
      'public.agent_switches': 'SELECT',
      'public.messages': 'SELECT',
      'public.pending_approvals': 'SELECT',
      'public.sessions': 'SELECT',
      'scrollback.chat_events': 'SELECT',
      'scrollback.document_progress': 'SELECT',
      'scrollback.message_details': 'SELECT',
      'scrollback.message_documents': 'SELECT',
      'scrollback.session_log': 'SELECT',
      'scrollback.tool_usage': 'SELECT',
      'scrollback.unnumbered_messages': 'SELECT',
    },
  },
  auth: {
    scrollback_gateway: {
      'public.audit_logs': 'SELECT INSERT',
      'public.oauth_clients': 'SELECT without client_secret_hash',
      'public.refresh_tokens': 'SELECT without jti_hash parent_jti_hash; UPDATE of revoked revoked_at',
      'public.users': 'SELECT without password_hash; INSERT UPDATE of is_active updated_at',
      'scrollback.audit_entries': 'SELECT',
      'scrollback.cursor_keys': 'SELECT',
      'scrollback.log_identity': 'SELECT',
      'scrollback.migrations': 'SELECT',
      'scrollback.revocations': 'SELECT',
    },
    scrollback_analytics: {},
    scrollback_auditor: { 'public.audit_logs': 'SELECT', 'scrollback.audit_entries': 'SELECT' },
    scrollback_viewer: {
      'public.audit_logs': 'SELECT',
      'public.oauth_clients': 'SELECT without client_secret_hash',
      'public.refresh_tokens': 'SELECT without jti_hash parent_jti_hash',
      'public.users': 'SELECT without password_hash',
      'scrollback.audit_entries': 'SELECT',
    },
  },
};

const roles = ['scrollback_gateway', 'scrollback_analytics', 'scrollback_auditor', 'scrollback_viewer'] as const;
const loginRoles = roles.filter((role) => role !== 'scrollback_viewer');
let test: TestDatabases;
let tables: Record<'agentRuntime' | 'auth', Map<string, string[]>>;
const password = randomBytes(12).toString('hex');

beforeAll(async () => {
  test = await testDatabases();
  tables = { agentRuntime: await tablesOf('agentRuntime'), auth: await tablesOf('auth') };
  // The gateway's password belongs to the other tests; these two have none.
  await as('superuser', 'auth', async (client) => {
    for (const role of ['scrollback_analytics', 'scrollback_auditor'])
      await client.query(`ALTER ROLE ${role} PASSWORD '${password}'`);
  });
});
afterAll(() => test.close());

async function tablesOf(name: 'agentRuntime' | 'auth'): Promise<Map<string, string[]>> {
  const { rows } = await test.service[name].query<{ table: string; columns: string[] }>(
    `SELECT n.nspname || '.' || c.relname AS table, array_agg(a.attname::text ORDER BY a.attname) AS columns
     FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace JOIN pg_attribute AS a ON a.attrelid = c.oid
     WHERE n.nspname IN ('public', 'scrollback') AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
     GROUP BY 1 ORDER BY 1`,
  );
  return new Map(rows.map(({ table, columns }) => [table, columns]));
}

/** A connection that the role itself logs in with; the viewer's role is entered as the gateway enters it. */
async function as<Result>(
  role: (typeof roles)[number] | 'superuser',
  name: 'agentRuntime' | 'auth',
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const { gateway } = test.roads[name];
  const superuser = inject('testServer').superuser.replace('%s', gateway.database);
  const other = { ...gateway, user: role, password };
  const entered = role === 'scrollback_gateway' || role === 'scrollback_viewer' ? gateway : other;
  const client = new pg.Client(role === 'superuser' ? superuser : entered);
  await client.connect();
  try {
    if (role === 'scrollback_viewer') await client.query('SET ROLE scrollback_viewer');
    // Rights are what is asked here, also of roles that begin read-only.
    await client.query('SET default_transaction_read_only = off');
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Runs a statement for nothing; whether the role had the right to it is all that is told. */
async function may(client: pg.Client, statement: string): Promise<boolean> {
  await client.query('BEGIN');
  try {
    await client.query(statement);
    return true;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    // Not to be owner is refused with the same state as not to have the right.
    if (code === '42501') return false;
    // A row without values is refused by its table, after the right was looked at.
    if (statement.startsWith('INSERT') && code === '23502') return true;
    throw new Error(`${statement}: ${message}`, { cause: error });
  } finally {
    await client.query('ROLLBACK');
  }
}

/** The rights as they show when everything is tried, in the words of the table above. */
async function rightsOn(client: pg.Client, table: string, columns: readonly string[]): Promise<string> {
  const partial = async (statementOf: (column: string) => string): Promise<string[]> => {
    const allowed: string[] = [];
    for (const column of columns) if (await may(client, statementOf(`"${column}"`))) allowed.push(column);
    return allowed;
  };
  const readable = await partial((column) => `SELECT ${column} FROM ${table} LIMIT 0`);
  const changeable = await partial((column) => `UPDATE ${table} SET ${column} = DEFAULT WHERE false`);
  const hidden = columns.filter((column) => !readable.includes(column));
  const rights = {
    SELECT: readable.length === 0 ? '' : hidden.length === 0 ? 'SELECT' : `SELECT without ${hidden.join(' ')}`,
    INSERT: (await may(client, `INSERT INTO ${table} DEFAULT VALUES`)) ? 'INSERT' : '',
    UPDATE:
      changeable.length === 0
        ? ''
        : changeable.length === columns.length
          ? 'UPDATE'
          : `UPDATE of ${changeable.join(' ')}`,
    DELETE: (await may(client, `DELETE FROM ${table} WHERE false`)) ? 'DELETE' : '',
    TRUNCATE: (await may(client, `TRUNCATE ${table}`)) ? 'TRUNCATE' : '',
  };
  const found = verbs.map((verb) => rights[verb]).filter((right) => right !== '');
  return found.join(' ').replace(/(without [^A-Z]*\S) (INSERT|UPDATE|DELETE|TRUNCATE)/, '$1; $2');
}

describe.each(['agentRuntime', 'auth'] as const)('in %s', (name) => {
  it.each(roles)('%s may do what it needs and nothing else', async (role) => {
    const found = await as(role, name, async (client) => {
      const rights: Record<string, string> = {};
      for (const [table, columns] of tables[name]) {
        const here = await rightsOn(client, table, columns);
        if (here !== '') rights[table] = here;
      }
      return rights;
    });
    expect(found).toEqual(expected[name][role]);
  });

  it.each(loginRoles)('%s makes no table and runs no function that writes the log', async (role) => {
    await as(role, name, async (client) => {
      expect(await may(client, 'CREATE TABLE public.mine ()')).toBe(false);
      expect(await may(client, 'CREATE TABLE scrollback.mine ()')).toBe(false);
      expect(await may(client, `SET ROLE scrollback_owner`)).toBe(false);
    });
  });
});

describe('roles', () => {
  it('enter the databases that are theirs', async () => {
    const { rows } = await test.service.auth.query<{ allowed: string }>(
      `SELECT role || ' ' || database AS allowed FROM unnest($1::text[]) AS role, unnest($2::text[]) AS database
       WHERE has_database_privilege(role, database, 'CONNECT') ORDER BY 1`,
      [roles, ['template_agent_runtime', 'template_auth_db']],
    );
    expect(rows.map(({ allowed }) => allowed)).toEqual([
      'scrollback_analytics template_agent_runtime',
      'scrollback_auditor template_auth_db',
      'scrollback_gateway template_agent_runtime',
      'scrollback_gateway template_auth_db',
    ]);
  });

  it('get no right in advance on tables that come later', async () => {
    for (const name of ['agentRuntime', 'auth'] as const) {
      await test.service[name].query('CREATE TABLE public.later (secret text)');
      for (const role of roles) {
        const rights = await as(role, name, (client) => rightsOn(client, 'public.later', ['secret']));
        expect([name, role, rights]).toEqual([name, role, '']);
      }
    }
  });
});
