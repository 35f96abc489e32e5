import { afterEach, beforeEach, expect, it } from 'vitest';
import { testDatabases, type TestDatabases } from '../../tests/support/databases.ts';
import { silentLog } from '../shared/log.ts';
import { raw, sql } from '../shared/sql.ts';
import { Database } from './database.ts';
import { agentRuntimeDefinition } from './definitions.ts';

let test: TestDatabases;
let database: Database | undefined;
beforeEach(async () => {
  test = await testDatabases();
});
afterEach(async () => {
  await database?.close();
  await test.close();
});

const select = sql`SELECT timestamptz '2026-03-04 05:06:07.008+00' AS at, '\\x00ff'::bytea AS bytes,
  interval '1 day 2 hours' AS span, 0.1::float8 + 0.2 AS number`;

it.each([{ rowSecurity: false }, { rowSecurity: true }])(
  'what a database has by default changes no value that is read, %j',
  async (options) => {
    const { gateway } = test.roads.agentRuntime;
    for (const setting of [
      "datestyle = 'SQL, DMY'",
      "intervalstyle = 'iso_8601'",
      "bytea_output = 'escape'",
      'extra_float_digits = -3',
      "default_transaction_isolation = 'repeatable read'",
    ])
      await test.service.agentRuntime.query(sql`ALTER DATABASE ${raw(gateway.database)} SET ${raw(setting)}`);
    database = Database.open(agentRuntimeDefinition, gateway, silentLog(), options);
    const [row] = await database.query<{ at: Date; bytes: Buffer; number: number }>(select);
    expect([row?.at.toISOString(), row?.bytes.toString('hex'), row?.number]).toEqual([
      '2026-03-04T05:06:07.008Z',
      '00ff',
      0.1 + 0.2,
    ]);
    expect(await database.queryRows(select)).toEqual([
      ['2026-03-04 05:06:07.008+00', '\\x00ff', expect.anything(), '0.30000000000000004'],
    ]);
    expect(await database.query(sql`SELECT current_setting('transaction_isolation') AS isolation`)).toEqual([
      { isolation: 'read committed' },
    ]);
  },
);
