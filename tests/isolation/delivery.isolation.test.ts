import { readFileSync } from 'node:fs';
import { buildSchema } from 'graphql';
import { createClient, type Client } from 'graphql-ws';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { seededRandom } from '../chaos/random.ts';
import { testDatabases, type TestDatabases } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { Documents } from './documents.ts';
import { credentialsOf, somebody } from './people.ts';
import { dump, may, Reference, type Dump, type Person } from './reference.ts';
import { Scan } from './scan.ts';
import { change, fillTenants, mark } from './world.ts';

const seed = Number(process.env['ISOLATION_SEED'] ?? 1);
const steps = Math.ceil(Number(process.env['ISOLATION_CASES'] ?? 1000) / 30);
const random = seededRandom(seed);
const documents = new Documents(buildSchema(readFileSync('schema.graphql', 'utf8')), random);
let test: TestDatabases;
let gateway: TestGateway;

beforeAll(async () => {
  test = await testDatabases();
  await fillTenants(test, random);
  gateway = await startTestGateway(test);
});
afterAll(async () => {
  await gateway.stop();
  await test.close();
});

/** One subscriber to everything that the schema lets one subscribe to. */
interface Listener {
  readonly person: Person;
  readonly client: Client;
  /** What came. */
  readonly events: unknown[];
}

async function listen(person: Person, data: Dump): Promise<Listener> {
  const connectionParams = await credentialsOf(gateway, person);
  const client = createClient({
    url: gateway.url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams,
    lazy: false,
    retryAttempts: 0,
  });
  const events: unknown[] = [];
  const reference = new Reference(person, data);
  const own = [...data.sessions.keys()].find((id) => reference.sees('Session', id)) ?? 'none';
  for (const field of documents.rootFields('Subscription')) {
    const values = documents.required('Subscription', field, () => own);
    for (const variables of [
      values,
      { ...values, ...(documents.takes('Subscription', field, 'sessionId') ? { sessionId: own } : {}) },
    ]) {
      const query = documents.write('Subscription', field, variables, 2);
      client.subscribe(
        { query, variables },
        {
          next: (event) => events.push(event),
          error: (error) => events.push({ errors: error }),
          complete: () => undefined,
        },
      );
    }
  }
  return { person, client, events };
}

/** A message in a session, in the transaction of what changes about the session or right after it. */
async function write(id: string, sessionId: string, handOverTo: string | null): Promise<void> {
  const client = await test.service.agentRuntime.connect();
  try {
    await client.query('BEGIN');
    if (handOverTo !== null) {
      await client.query('UPDATE sessions SET user_id = $2, tenant_id = $3 WHERE id = $1', [
        sessionId,
        handOverTo,
        handOverTo.split('-')[0],
      ]);
      if (random.below(2) === 0) await client.query('COMMIT; BEGIN');
    }
    await client.query(`INSERT INTO messages (id, session_db_id, role, content) VALUES ($1, $2, 'user', $3)`, [
      id,
      sessionId,
      mark('Message', id),
    ]);
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}

const addAuditLog = (id: string, userId: string): Promise<unknown> =>
  test.service.auth.query(
    `INSERT INTO audit_logs (id, user_id, event_type, error_message) VALUES ($1, $2, 'login_failed', $3)`,
    [id, userId, mark('AuditLog', id)],
  );

it(`rights that end before something is committed end its delivery: seed ${seed}`, { timeout: 120_000 }, async () => {
  const people = [
    ...Array.from({ length: 9 }, () => somebody(random)),
    { userId: 'acme-0', tenantId: 'acme', scopes: ['api:read', 'tenant:admin', 'audit:read'] },
  ];
  const start = await dump(test);
  const listeners = await Promise.all(people.map((person) => listen(person, start)));
  const written = new Map<string, number>();
  const states: Dump[] = [start];
  for (let step = 0; step < steps; step += 1) {
    // Who may see something for a moment may be shown it.
    if (random.below(3) === 0) await change(test, random, async () => void states.push(await dump(test)));
    const sessionId = random.pick([...(states.at(-1) as Dump).sessions.keys()]);
    const handOverTo =
      random.below(2) === 0 ? `${random.pick(['default', 'acme', 'umbrella'])}-${random.below(4)}` : null;
    await write(`step-${step}`, sessionId, handOverTo);
    await addAuditLog(`trail-${step}`, `${random.pick(['default', 'acme', 'umbrella'])}-${random.below(4)}`);
    written.set(`step-${step}`, states.length);
    states.push(await dump(test));
  }
  await settle(listeners).finally(() => listeners.forEach(({ client }) => void client.dispose()));
  states.push(await dump(test));
  const leaks = listeners.flatMap(({ person, events }) => {
    const references = states.map((state) => new Reference(person, state));
    return events.flatMap((event) => {
      const seesSince = (kind: string, id: string): boolean =>
        references.slice(kind === 'Message' ? (written.get(id) ?? 0) : 0).some((reference) => reference.sees(kind, id));
      const sight = { person, sees: seesSince, list: () => null, messagesIn: () => NaN };
      return new Scan(sight).answer(event, 'Subscription').filter((problem) => !problem.startsWith('messageCount'));
    });
  });
  const delivered = listeners.reduce(
    (sum, { events }) => sum + events.filter((event) => !('errors' in (event as object))).length,
    0,
  );
  process.stdout.write(
    `delivery, seed ${seed}: ${steps} steps, ${listeners.length} listeners, ${delivered} events delivered, leaks ${leaks.length}\n`,
  );
  expect(leaks.slice(0, 5)).toEqual([]);
  expect(delivered).toBeGreaterThan(steps);
  expect(documents.rootFields('Subscription').filter((field) => !documents.asked.has(`Subscription.${field}`))).toEqual(
    [],
  );
});

/** Waits until everybody who may read has what was written last for them: what comes in order has come by then. */
async function settle(listeners: readonly Listener[]): Promise<void> {
  const readers = listeners.filter(({ person }) => person.userId !== null && may(person, 'api:read'));
  for (const [index, { person, events }] of readers.entries()) {
    const id = `last-${index}`;
    const { agentRuntime } = test.service;
    await agentRuntime.query(
      'INSERT INTO sessions (id, title, user_id, tenant_id) VALUES ($1::text, $1::text, $2, $3)',
      [id, person.userId, person.tenantId],
    );
    await agentRuntime.query(
      `INSERT INTO messages (id, session_db_id, role, content) VALUES ($1::text, $1::text, 'user', $1::text)`,
      [id],
    );
    await expect.poll(() => JSON.stringify(events), { timeout: 20_000 }).toContain(`"content":"${id}"`);
  }
}
