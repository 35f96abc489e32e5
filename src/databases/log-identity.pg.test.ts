import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDatabases, type TestDatabases } from '../../tests/support/databases.ts';
import { logIdentityOf, rotateCursorKeys } from './log-identity.ts';

let test: TestDatabases;
beforeAll(async () => {
  test = await testDatabases();
});
afterAll(() => test.close());

const daySeconds = 24 * 3600;
const lifetime = { rotateAfterDays: 30, lifetimeDays: 180 };

async function keyIds(): Promise<number[]> {
  const { rows } = await test.service.auth.query<{ id: string }>('SELECT id FROM scrollback.cursor_keys ORDER BY id');
  return rows.map(({ id }) => Number(id));
}

async function haveKeysOfAges(days: readonly number[]): Promise<void> {
  await test.service.auth.query('DELETE FROM scrollback.cursor_keys');
  await test.service.auth.query(
    `INSERT INTO scrollback.cursor_keys (id, secret)
     SELECT floor(extract(epoch FROM now())) - age * $2, sha256(age::text::bytea) FROM unnest($1::int[]) AS age`,
    [days, daySeconds],
  );
}

describe('the keys of cursors', () => {
  it('stay while the newest is young, and get a successor when it is not', async () => {
    await haveKeysOfAges([29]);
    await rotateCursorKeys(test.databases.auth, lifetime);
    expect(await keyIds()).toHaveLength(1);
    await haveKeysOfAges([31]);
    await Promise.all([1, 2, 3].map(() => rotateCursorKeys(test.databases.auth, lifetime)));
    expect(await keyIds()).toHaveLength(2);
  });

  it('are retired when the last cursor that they sealed is old enough', async () => {
    await haveKeysOfAges([400, 190, 170, 10]);
    const [, kept] = await keyIds();
    await rotateCursorKeys(test.databases.auth, lifetime);
    const left = await keyIds();
    expect(left).toHaveLength(3);
    expect(left[0]).toBe(kept);
  });

  it('are looked up anew for a cursor of a key that this gateway does not know', async () => {
    const { keys } = await logIdentityOf(test.databases.auth);
    const id = Math.floor(Date.now() / 1000);
    await test.service.auth.query('INSERT INTO scrollback.cursor_keys (id, secret) VALUES ($1, sha256($2))', [
      id,
      'new',
    ]);
    expect(keys.find(id)).not.toHaveProperty('secret');
    const cursor = Buffer.alloc(40);
    cursor.writeUInt8(2);
    cursor.writeUInt32BE(id, 2);
    await expect
      .poll(async () => (await logIdentityOf(test.databases.auth, cursor.toString('base64url'))).keys.find(id))
      .toHaveProperty('secret');
  });
});
