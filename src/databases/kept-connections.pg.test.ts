import { raw, sql } from '../shared/sql.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testDatabases, type TestDatabases } from '../../tests/support/databases.ts';
import { Allowance, maxAnswerLength } from '../shared/allowance.ts';
import { Leaving } from '../shared/leaving.ts';
import { silentLog } from '../shared/log.ts';
import { Database } from './database.ts';
import { agentRuntimeDefinition } from './definitions.ts';
import { readFor } from './row-security/read-for.ts';

let test: TestDatabases;
let database: Database;
beforeEach(async () => {
  test = await testDatabases();
  open();
});
afterEach(async () => {
  await database.close();
  await test.close();
});

/** One connection, so that it is seen whether it is still the same. */
function open({ timeoutMs = 300, ...options }: { rowSecurity?: boolean; timeoutMs?: number } = {}): void {
  const config = { ...test.roads.agentRuntime.gateway, max: 1, statement_timeout: timeoutMs };
  database = Database.open(agentRuntimeDefinition, config, silentLog(), options);
}

const connection = async (): Promise<number | undefined> =>
  (await database.query<{ pid: number }>(sql`SELECT pg_backend_pid() AS pid`))[0]?.pid;

const own = { user: 'ann', tenant: 'default', sessions: 'own', users: 'own', trails: 'own' } as const;

describe('a connection whose statement the server refused goes on', () => {
  it.each([
    [
      'a constraint',
      sql`INSERT INTO public.messages (id, session_db_id, role) VALUES ('m', 'no such session', 'user')`,
      {},
    ],
    ['a value', sql`SELECT ${'no number'}::int`, {}],
    ['rights', sql`DELETE FROM public.messages`, {}],
    ['an unknown table', sql`SELECT * FROM nowhere`, {}],
    ['time', sql`SELECT pg_sleep(5)`, { code: 'UNAVAILABLE' }],
  ])('for %s', async (_, statement, error) => {
    const before = await connection();
    for (let time = 0; time < 3; time += 1) await expect(database.query(statement)).rejects.toMatchObject(error);
    expect(await connection()).toBe(before);
  });

  it('in the transaction of a viewer’s read, which ends with it', async () => {
    await database.close();
    open({ rowSecurity: true });
    const before = await connection();
    for (const statement of [sql`SELECT ${'no number'}::int`, sql`SELECT pg_sleep(5)`, sql`SELECT * FROM nowhere`]) {
      await expect(database.query(readFor(statement, own))).rejects.toMatchObject({
        message: expect.any(String) as string,
      });
      const rows = await database.query(sql`SELECT current_user::text AS role`);
      expect(rows).toEqual([{ role: 'scrollback_gateway' }]);
    }
    expect(await connection()).toBe(before);
  });
});

describe('a connection is given up', () => {
  it('with an answer that was too large to be taken', async () => {
    await database.close();
    open({ timeoutMs: 10_000 });
    const before = await connection();
    const asker = { leaving: null, allowance: new Allowance() };
    const wide = sql`SELECT repeat('x', ${maxAnswerLength / 4}) FROM generate_series(1, 5)`;
    await expect(database.query(wide, { asker })).rejects.toMatchObject({ code: 'QUERY_TOO_COMPLEX' });
    expect(await connection()).not.toBe(before);
  });

  it('with a statement that nobody waits for any more', async () => {
    const before = await connection();
    const leaving = new Leaving();
    const asker = { leaving, allowance: new Allowance() };
    setTimeout(() => leaving.leave(), 50);
    await expect(database.query(sql`SELECT pg_sleep(5)`, { asker })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await connection()).not.toBe(before);
  });

  it('with a prepared statement whose table has changed since, which is run all the same', async () => {
    const table = raw('public.changing');
    const { agentRuntime } = test.service;
    await agentRuntime.query('CREATE TABLE changing (a int); GRANT SELECT ON changing TO scrollback_gateway');
    await agentRuntime.query('INSERT INTO changing VALUES (1)');
    for (const read of [
      () => database.query(sql`SELECT * FROM ${table}`),
      () => database.queryRows(sql`TABLE ${table}`),
    ]) {
      await read();
      const before = await connection();
      await agentRuntime.query('ALTER TABLE changing ALTER COLUMN a TYPE bigint');
      expect(await read()).toHaveLength(1);
      expect(await connection()).not.toBe(before);
      await agentRuntime.query('ALTER TABLE changing ALTER COLUMN a TYPE int');
    }
  });

  it('with its server process', async () => {
    const before = await connection();
    await expect(database.query(sql`SELECT pg_terminate_backend(pg_backend_pid())`)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    expect(await connection()).not.toBe(before);
  });
});
