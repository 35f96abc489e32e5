import { sql } from '../../shared/sql.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDatabases, type TestDatabases } from '../../../tests/support/databases.ts';
import { fillWorld, people } from '../../../tests/support/world.ts';
import { viewerOf } from '../../services/identity/viewer.ts';
import { Reader } from '../../services/reading/reader.ts';
import type { Source } from '../../services/reading/source.ts';
import { sources } from '../../services/sources.ts';
import { Database } from '../database.ts';
import { agentRuntimeDefinition, authDefinition } from '../definitions.ts';
import { silentLog } from '../../shared/log.ts';
import { policies } from './policies.ts';
import { disableRowSecurity, enableRowSecurity, rowSecurityProblem } from './switch.ts';

let test: TestDatabases;
let owners: { agentRuntime: Database; auth: Database };

beforeAll(async () => {
  test = await testDatabases({ rowSecurity: true });
  await fillWorld(test);
  owners = {
    agentRuntime: Database.open(agentRuntimeDefinition, test.roads.agentRuntime.owner, silentLog()),
    auth: Database.open(authDefinition, test.roads.auth.owner, silentLog()),
  };
  await Promise.all(Object.values(owners).map(enableRowSecurity));
});
afterAll(async () => {
  await Promise.all(Object.values(owners).map((owner) => owner.close()));
  await test.close();
});

/** A source whose predicate somebody forgot. */
const withoutPredicate = ({ visibleThrough: _through, ...source }: Source): Source => ({
  ...source,
  visible: () => sql`TRUE`,
});

const viewers = {
  ...people,
  stranger: { ...people.anna, tenantId: 'acme' },
  ghost: { userId: 'ghost', scopes: ['api:read'] },
  nobody: { userId: 'anna', scopes: [] },
};

async function keysOf(source: Source, person: (typeof viewers)[keyof typeof viewers]): Promise<string[]> {
  const reader = new Reader(test.databases, viewerOf(person));
  const { rows } = await test.service[source.database].query<{ key: string }>(
    `SELECT ${source.key} AS key FROM ${source.from}`,
  );
  return [
    ...(await reader.some(source, [...new Set(rows.map(({ key }) => key))], Object.keys(source.columns))).keys(),
  ].toSorted();
}

describe.each(Object.keys(viewers) as (keyof typeof viewers)[])('for %s', (name) => {
  it.each([...sources.values()].map((source) => [source.name, source] as const))(
    'a source of %s that lacks its predicate shows no more than with it',
    async (_, source) => {
      expect(await keysOf(withoutPredicate(source), viewers[name])).toEqual(await keysOf(source, viewers[name]));
    },
  );
});

describe('the policies', () => {
  it('leave the services that write the tables, and the gateway itself, all rows', async () => {
    for (const database of ['agentRuntime', 'auth'] as const) {
      for (const table of Object.keys(policies[database])) {
        const count = `SELECT count(*)::int AS count FROM ${table}`;
        const owner = await test.service[database].query<{ count: number }>(count);
        const gateway = await test.databases[database].query<{ count: number }>({ text: count, values: [] });
        expect([table, gateway[0]?.count]).toEqual([table, owner.rows[0]?.count]);
        expect([table, gateway[0]?.count]).not.toEqual([table, 0]);
      }
    }
  });

  it('show nothing to the role when it is not told for whom', async () => {
    for (const database of ['agentRuntime', 'auth'] as const) {
      const pool = await test.databases[database].orm.em.getConnection().getNativeClient();
      const client = await pool.connect();
      await client.query('SET ROLE scrollback_viewer');
      for (const table of Object.keys(policies[database])) {
        const key =
          table === 'scrollback.message_details' ? 'message_id' : table.endsWith('entries') ? 'audit_log_id' : 'id';
        expect([table, (await client.query(`SELECT ${key} FROM ${table}`)).rows]).toEqual([table, []]);
      }
      client.release(true);
    }
  });

  it('hold for one transaction: the connection is the gateway’s again, also after a failure', async () => {
    const pool = await test.databases.agentRuntime.orm.em.getConnection().getNativeClient();
    const reader = new Reader(test.databases, viewerOf(people.anna));
    await expect(reader.query('agentRuntime', sql`SELECT 1 / 0`)).rejects.toThrow('division by zero');
    await expect(reader.query('agentRuntime', sql`SELECT entry FROM scrollback.outbox`)).rejects.toThrow(
      'permission denied',
    );
    await expect(reader.query('agentRuntime', sql`SELECT current_user`)).resolves.toEqual([
      { current_user: 'scrollback_viewer' },
    ]);
    const users = await Promise.all(
      Array.from({ length: 20 }, () =>
        pool.query(`SELECT current_user, coalesce(current_setting('scrollback.viewer_user', true), '') AS viewer`),
      ),
    );
    expect(new Set(users.flatMap(({ rows }) => rows.map((row: object) => JSON.stringify(row))))).toEqual(
      new Set([JSON.stringify({ current_user: 'scrollback_gateway', viewer: '' })]),
    );
  });

  it('are switched off and on, and the gateway is told when they are missing', async () => {
    const gateway = test.databases.auth;
    expect(await rowSecurityProblem(gateway)).toBeNull();
    await disableRowSecurity(owners.auth);
    expect(await rowSecurityProblem(gateway)).toContain('no row-level security on public.users');
    // As on a server where the role came after the migrations.
    await test.service.auth.query('REVOKE ALL ON ALL TABLES IN SCHEMA public, scrollback FROM scrollback_viewer');
    await enableRowSecurity(owners.auth);
    await enableRowSecurity(owners.auth);
    expect(await keysOf(sources.get('users') as Source, viewers.anna)).toEqual(['anna']);
    expect(await rowSecurityProblem(gateway)).toBeNull();
  });
});
