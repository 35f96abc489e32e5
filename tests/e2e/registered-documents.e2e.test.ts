import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClient } from 'graphql-ws';
import { Database } from '../../src/databases/database.ts';
import { agentRuntimeDefinition } from '../../src/databases/definitions.ts';
import { RegisteredDocuments } from '../../src/services/documents/registered-documents.ts';
import { silentLog } from '../../src/shared/log.ts';
import { testDatabases, type TestDatabases } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { addUser } from '../support/people.ts';
import { transports } from '../support/transports.ts';

const anna = { userId: 'anna' };
const body = 'query Mine { viewer { tenantId } }';
const sha256Hash = createHash('sha256').update(body).digest('hex');

let test: TestDatabases;
let owner: Database;
let gateway: TestGateway;
let headers: Record<string, string>;

beforeAll(async () => {
  test = await testDatabases();
  await addUser(test, 'anna');
  owner = Database.open(agentRuntimeDefinition, test.roads.agentRuntime.owner, silentLog());
  gateway = await startTestGateway(test, { TRUSTED_DOCUMENTS: 'true' });
  headers = { authorization: `Bearer ${await gateway.token(anna)}` };
});
afterAll(async () => {
  await gateway.stop();
  await owner.close();
  await test.close();
});

it('are added once, and never changed', async () => {
  const registered = new RegisteredDocuments(owner);
  const documents = [
    { id: sha256Hash, body },
    { id: 'relay-id', body },
  ];
  expect(await registered.add(documents)).toEqual({ added: 2, taken: [] });
  expect(await registered.add(documents)).toEqual({ added: 0, taken: [] });
  const other = { id: 'relay-id', body: '{ __typename }' };
  expect(await registered.add([{ id: 'new', body }, other])).toEqual({ added: 0, taken: ['relay-id'] });
  expect((await registered.list()).map(({ id }) => id).sort()).toEqual([sha256Hash, 'relay-id'].sort());
});

it.each(Object.entries(transports))(
  'run over %s by id, by hash and with their text, and nothing else does',
  async (_name, send) => {
    const outcomes = [
      { documentId: 'relay-id' },
      { extensions: { persistedQuery: { version: 1, sha256Hash } } },
      { query: body },
      { query: `${body} ` },
      { documentId: 'unknown' },
      { query: body, documentId: 'unknown' },
    ].map((payload) => send(gateway, { headers, payload }));
    expect(await Promise.all(outcomes)).toEqual([
      'ok',
      'ok',
      'ok',
      'FORBIDDEN',
      'PERSISTED_QUERY_NOT_FOUND',
      'FORBIDDEN',
    ]);
  },
);

it('are there for a gateway that runs, soon after they were added', async () => {
  const payload = { documentId: 'late' };
  const send = transports.HTTP;
  expect(await send(gateway, { headers, payload })).toBe('PERSISTED_QUERY_NOT_FOUND');
  await new RegisteredDocuments(owner).add([{ id: 'late', body }]);
  await expect.poll(() => send(gateway, { headers, payload }), { timeout: 20_000 }).toBe('ok');
});

it('tell what they cost on every transport', async () => {
  const answers: unknown[] = [];
  const client = createClient({
    url: gateway.url.replace('http', 'ws'),
    webSocketImpl: (await import('ws')).WebSocket,
    connectionParams: headers,
  });
  for await (const answer of client.iterate({ query: body })) answers.push(answer.extensions);
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: body }),
  };
  answers.push(((await (await fetch(gateway.url, init)).json()) as { extensions: unknown }).extensions);
  const [, event = '{}'] = /data: (.*)/.exec(await (await fetch(`${gateway.url}/stream`, init)).text()) ?? [];
  answers.push((JSON.parse(event) as { extensions: unknown }).extensions);
  expect(answers).toEqual(Array.from({ length: 3 }, () => ({ cost: { requested: 1, maximum: 100_000 } })));
  await client.dispose();
});
