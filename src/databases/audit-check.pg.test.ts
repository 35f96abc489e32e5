import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { testDatabases, type TestDatabases } from '../../tests/support/databases.ts';

/** The statement that docs/security.md gives to whoever wants to check the trail. */
const statement = /### Checking the audit trail[^`]*(?:`[^`\n]+`[^`]*)*```sql\n([^`]+)```/.exec(
  readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8'),
)?.[1] as string;

let test: TestDatabases;
let superuser: pg.Client;
beforeAll(async () => {
  test = await testDatabases();
  superuser = new pg.Client(inject('testServer').superuser.replace('%s', test.roads.auth.gateway.database ?? ''));
  await superuser.connect();
  for (let n = 1; n <= 6; n += 1) {
    await test.service.auth.query(
      `INSERT INTO audit_logs (id, event_type, success) VALUES ($1, 'login_success', true)`,
      [`log-${n}`],
    );
  }
});
afterAll(async () => {
  await superuser.end();
  await test.close();
});

const found = async (): Promise<string[]> =>
  (await superuser.query<{ id: string }>(statement)).rows.map(({ id }) => id);

/** What somebody does who may do everything, and what the check says of it; then all is as before. */
async function afterTampering(...tampering: string[]): Promise<string[]> {
  await superuser.query('BEGIN; SET LOCAL session_replication_role = replica');
  try {
    for (const each of tampering) await superuser.query(each);
    return await found();
  } finally {
    await superuser.query('ROLLBACK');
  }
}

it('says nothing of a trail that is whole', async () => expect(await found()).toEqual([]));

it.each([
  ['altered', `UPDATE audit_logs SET success = false WHERE id = 'log-3'`, ['log-3']],
  ['deleted', `DELETE FROM audit_logs WHERE id = 'log-3'`, ['log-3']],
  ['deleted with its entry', `DELETE FROM scrollback.audit_entries WHERE audit_log_id = 'log-3'`, ['log-3', 'log-4']],
  ['inserted', `INSERT INTO audit_logs (id, event_type, success) VALUES ('made-up', 'x', true)`, ['made-up']],
  [
    'altered with its hash',
    `UPDATE scrollback.audit_entries SET content_hash = sha256('x') WHERE number = 3`,
    ['log-3'],
  ],
  ['given another user', `UPDATE scrollback.audit_entries SET user_id = 'mallory' WHERE number = 3`, ['log-3']],
])('names a row that was %s', async (_how, tampering, named) => {
  expect(await afterTampering(tampering)).toEqual(named);
});
