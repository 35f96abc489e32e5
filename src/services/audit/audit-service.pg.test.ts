import { sql } from '../../shared/sql.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { insertUsers, internal, openWrites, type Writes } from '../../../tests/support/writes.ts';

let writes: Writes;

beforeAll(async () => {
  writes = await openWrites();
  await insertUsers(writes);
});

afterAll(async () => {
  await writes.close();
});

const record = (input: Partial<Parameters<Writes['services']['audit']['record']>[1]>) =>
  writes.services.audit.record(internal, { eventType: 'login_failed', success: false, ...input });

const trail = (id: string) => writes.databases.auth.query(sql`SELECT * FROM audit_logs WHERE id = ${id}`);

test('an entry is recorded as it came', async () => {
  const entry = {
    userId: 'alice',
    clientId: 'app',
    eventData: ['x', 1],
    ipAddress: '::1',
    userAgent: 'UA',
    errorMessage: 'bad',
  };
  const { auditLogId } = await record(entry);
  expect(await trail(auditLogId)).toMatchObject([
    {
      user_id: 'alice',
      client_id: 'app',
      event_type: 'login_failed',
      event_data: ['x', 1],
      ip_address: '::1',
      user_agent: 'UA',
      success: false,
      error_message: 'bad',
    },
  ]);
});

test('an entry with an id of its own is there once, however often it is sent', async () => {
  const all = await Promise.all(Array.from({ length: 5 }, () => record({ id: 'evt-1' })));
  expect(new Set(all.map((one) => one.auditLogId))).toEqual(new Set(['evt-1']));
  const numbered = await writes.databases.auth.query(
    sql`SELECT FROM scrollback.audit_entries WHERE audit_log_id = 'evt-1'`,
  );
  expect(numbered).toHaveLength(1);
});

test.each([
  ['a user who is not there', 'userId', { userId: 'nobody' }],
  ['an id too long', 'id', { id: 'x'.repeat(37) }],
  ['a client too long', 'clientId', { clientId: 'x'.repeat(256) }],
  ['an empty event type', 'eventType', { eventType: '' }],
  ['an event type too long', 'eventType', { eventType: 'x'.repeat(51) }],
  ['data with NUL', 'eventData', { eventData: { text: '\0' } }],
  ['an address too long', 'ipAddress', { ipAddress: '1'.repeat(46) }],
  ['a user agent with NUL', 'userAgent', { userAgent: '\0' }],
  ['an error with NUL', 'errorMessage', { errorMessage: '\0' }],
])('%s is refused, and the argument %s named', async (_what, argument, input) => {
  await expect(record(input)).rejects.toMatchObject({
    code: 'BAD_USER_INPUT',
    message: expect.stringContaining(`\`${argument}\``) as string,
    details: { argument },
  });
});
