import { afterAll, beforeAll, expect, it } from 'vitest';
import { testDatabases, type TestDatabases } from '../support/databases.ts';
import { expectSoon } from '../support/expect-soon.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

let test: TestDatabases;
let gateway: TestGateway;
beforeAll(async () => {
  test = await testDatabases();
  gateway = await startTestGateway(test);
});
afterAll(async () => {
  await gateway.stop();
  await test.close();
});

const get = (path: string): Promise<Response> => fetch(gateway.url.replace('/graphql', path));

it('says how changes are noticed, and why not in a better way', async () => {
  const report = async (): Promise<string> => (await get('/readyz')).text();
  await expectSoon(async () => {
    const { databases } = JSON.parse(await report()) as { databases: Record<string, { wakeUps: { mode: string } }> };
    return Object.values(databases).every(({ wakeUps }) => wakeUps.mode === 'notify');
  });
  await expectSoon(async () => (await report()).includes('REPLICATION'));
});

it('counts what happens, in the format of Prometheus, and names nobody', async () => {
  const marked = 'mallory-7f3a';
  await gateway.query({ userId: marked }, `query ${marked.replace('-', '')} { sessions(first: 1) { nodes { id } } }`);
  await gateway.query({ userId: marked }, '{ nothing }');
  const response = await get('/metrics');
  const text = await response.text();
  expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
  expect(text).toMatch(/scrollback_wake_up_mode\{database="auth_db",mode="notify"\} 1/);
  expect(text).toMatch(/scrollback_errors_total\{code="BAD_USER_INPUT"\} [1-9]/);
  expect(text).toMatch(/scrollback_operations_total [1-9]/);
  expect(text).toMatch(/scrollback_pool_connections\{database="agent_runtime",state="open"\} [1-9]/);
  expect(text).toMatch(/nodejs_eventloop_lag_p99_seconds [\d.]/);
  expect(text).not.toMatch(/mallory/);
});

it('can have a port of its own, and then is not at the gateway', async () => {
  const other = await startTestGateway(test, { METRICS_PORT: '0' });
  try {
    expect((await fetch(other.url.replace('/graphql', '/metrics'))).status).toBe(404);
  } finally {
    await other.stop();
  }
});
