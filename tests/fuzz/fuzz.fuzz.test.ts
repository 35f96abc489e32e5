import fc from 'fast-check';
import { buildSchema, type GraphQLSchema } from 'graphql';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDatabases, type TestDatabases } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { ProtocolSocket } from '../support/protocol-socket.ts';
import { encodeFrame, opcodes, RawWebSocket, type Frame } from '../support/raw-websocket.ts';
import { fillWorld, people } from '../support/world.ts';
import { exchange, send, type Answered } from './bytes.ts';
import { DocumentWriter, mangle } from './documents.ts';
import { cursorsLike, everyVariable, protocolMessage } from './inputs.ts';
import { expectHonest, expectNoLeak } from './oracle.ts';
import { fuzz, roundTimeoutMs } from './rounds.ts';
import { texts, values } from './values.ts';

// Whatever comes in: no crash, no 500, no INTERNAL_SERVER_ERROR, nobody else's row.

let test: TestDatabases;
let gateway: TestGateway;
let schema: GraphQLSchema;
let authorization: string;

beforeAll(async () => {
  test = await testDatabases();
  await fillWorld(test);
  // One client asks all of this at once; how many it may ask is tested elsewhere.
  gateway = await startTestGateway(test, { RATE_LIMIT_USER: '0', RATE_LIMIT_ADDRESS: '0', RATE_LIMIT_TENANT: '0' });
  schema = buildSchema(readFileSync('schema.graphql', 'utf8'));
  authorization = `Bearer ${await gateway.token({ ...people.anna, expiresInSeconds: 7200 })}`;
});
afterAll(async () => {
  await gateway.stop();
  await test.close();
});

async function post(body: string): Promise<Answered> {
  const headers = { 'content-type': 'application/json', authorization };
  const response = await fetch(gateway.url, { method: 'POST', headers, body });
  return { status: response.status, body: await response.text() };
}

function expectGood({ status, body }: Answered): void {
  expect(status).toBeLessThan(500);
  expectHonest(body);
}

/** A document of fc.gen() is not told by itself when it fails. */
async function expectGoodOf(query: string): Promise<void> {
  const answered = await post(JSON.stringify({ query }));
  try {
    expectGood(answered);
  } catch (error) {
    throw new Error(`${query}\nwas answered with ${answered.body}`, { cause: error });
  }
}

/** The gateway still does its work; what mutations have left of anna's sessions is theirs to say. */
async function expectAlive(): Promise<void> {
  const { body } = await post(JSON.stringify({ query: '{ sessions { totalCount } auditLogs { totalCount } }' }));
  expect(body).toMatch(/"data":\{"sessions":\{"totalCount":\d+\},"auditLogs":\{"totalCount":\d+\}\}/);
}

describe('fuzzing', { timeout: roundTimeoutMs }, () => {
  it('documents', async () => {
    const runs = await fuzz(
      'documents',
      fc.asyncProperty(fc.gen(), async (choices) => {
        const kind = choices(fc.nat, { max: 3 }) > 0 ? 'query' : 'mutation';
        await expectGoodOf(new DocumentWriter(schema, choices).operation(kind));
      }),
    );
    expect(runs).toBeGreaterThan(0);
    await expectAlive();
  });

  it('documents that are broken', async () => {
    const runs = await fuzz(
      'broken documents',
      fc.asyncProperty(fc.gen(), async (choices) => {
        await expectGoodOf(mangle(new DocumentWriter(schema, choices).operation('query'), choices));
      }),
    );
    expect(runs).toBeGreaterThan(0);
    await expectAlive();
  });

  it('variables', async () => {
    const { document, names } = everyVariable(schema);
    const runs = await fuzz(
      'variables',
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom(...names), values),
        fc.option(texts),
        async (variables, operationName) => {
          const body = JSON.stringify({ query: document, variables, operationName, extensions: variables });
          expectGood(await post(body));
        },
      ),
    );
    expect(runs).toBeGreaterThan(0);
    await expectAlive();
  });

  it('cursors', async () => {
    const cursors = await realCursors();
    const lists = {
      sessions: 'title',
      auditLogs: 'errorMessage',
      approvals: 'subject',
      users: 'email',
      searchMessages: 'content',
    };
    const runs = await fuzz(
      'cursors',
      fc.asyncProperty(
        fc.constantFrom(...Object.entries(lists)),
        cursorsLike(cursors),
        fc.boolean(),
        async ([list, field], after, backwards) => {
          const place = backwards && list !== 'searchMessages' ? 'last: 3, before: $after' : 'first: 3, after: $after';
          const words = list === 'searchMessages' ? 'query: "Kazan", ' : '';
          const query = `query ($after: String) { ${list}(${words}${place}) { nodes { ${field} } pageInfo { endCursor } }
          session(id: "trip-anna") { messages(after: $after) { nodes { content } } } }`;
          expectGood(await post(JSON.stringify({ query, variables: { after } })));
        },
      ),
    );
    expect(runs).toBeGreaterThan(0);
    await expectAlive();
  });

  it('headers', async () => {
    const names = ['content-type', 'accept', 'authorization', 'x-request-id', 'x-internal-auth', 'origin', 'host', 'cookie', 'accept-encoding', 'content-encoding', 'apollo-require-preflight', 'expect', 'x-forwarded-for', 'content-length']; // prettier-ignore
    const value = fc.oneof(
      fc.constantFrom('application/json', 'application/graphql', 'text/plain', '*/*', 'null', 'gzip', '100-continue', 'Bearer', 'Bearer a.b.c', '-1', 'application/json; charset=utf-16', 'multipart/form-data; boundary=x', 'http://localhost:1'), // prettier-ignore
      fc.string({
        unit: fc
          .integer({ min: 0x20, max: 0xff })
          .filter((code) => code !== 0x7f)
          .map((code) => String.fromCharCode(code)),
        maxLength: 60,
      }),
    );
    const runs = await fuzz(
      'headers',
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom(...names), value),
        fc.constantFrom('GET', 'POST', 'PUT', 'HEAD', 'OPTIONS', 'DELETE'),
        texts,
        async (headers, method, search) => {
          const answered = await send(
            gateway.url,
            method,
            `/graphql?query=${encodeURIComponent(search.toWellFormed())}`,
            headers,
          );
          expect(answered.status).toBeLessThan(500);
          expectNoLeak(answered.body);
        },
      ),
    );
    expect(runs).toBeGreaterThan(0);
    await expectAlive();
  });

  it('bytes where a request should be', async () => {
    const whole = Buffer.from(
      `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 28\r\n\r\n{"query":"{ __typename }"}  `,
    );
    const runs = await fuzz(
      'bytes',
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 20 }),
        fc.nat({ max: whole.length }),
        fc.nat({ max: 40 }),
        async (junk, at, cut) => {
          const text = await exchange(
            gateway.url,
            Buffer.concat([whole.subarray(0, at), junk, whole.subarray(at + cut)]),
          );
          expect(text).not.toMatch(/^HTTP\/1.1 5/);
          expectNoLeak(text);
        },
      ),
    );
    expect(runs).toBeGreaterThan(0);
    await expectAlive();
  });

  it('websocket frames and messages', async () => {
    const frame = fc.record({
      opcode: fc.nat({ max: 15 }),
      payload: fc.oneof(
        fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
        protocolMessage(schema).map((one) => JSON.stringify(one)),
      ),
      fin: fc.boolean(),
      reserved: fc.constantFrom(0, 0, 0, 1, 4),
      masked: fc.constantFrom(true, true, true, false),
    });
    const runs = await fuzz(
      'frames and messages',
      fc.asyncProperty(
        fc.array(frame, { maxLength: 6 }),
        fc.array(protocolMessage(schema), { maxLength: 8 }),
        async (frames, messages) => {
          await Promise.all([sendFrames(frames), sendMessages(messages)]);
        },
      ),
    );
    expect(runs).toBeGreaterThan(0);
    await expectAlive();
  });
});

async function realCursors(): Promise<string[]> {
  const query =
    '{ sessions { edges { cursor } } auditLogs { edges { cursor } } session(id: "trip-anna") { messages { edges { cursor } } } }';
  const { body } = await post(JSON.stringify({ query }));
  return [...body.matchAll(/"cursor":"([^"]+)"/g)].map(([, one]) => one as string);
}

const closeCodes = [1000, 1001, 1002, 1003, 1005, 1006, 1007, 1009, 1013, 4400, 4401, 4403, 4406, 4408, 4409, 4429];

/** A close frame is answered with the code it came with (RFC 6455, 5.5.1), so the client's own codes may come back. */
async function sendFrames(frames: readonly Frame[]): Promise<void> {
  const socket = await RawWebSocket.open(gateway.url);
  socket.send(...frames.map(encodeFrame), encodeFrame({ opcode: 8 }));
  const own = frames.flatMap(({ opcode, payload }) => {
    const bytes = Buffer.from(payload ?? '');
    return opcode === opcodes.close && bytes.length >= 2 ? [bytes.readUInt16BE(0)] : [];
  });
  expect([...closeCodes, ...own]).toContain(await socket.closeCode());
  socket.destroy();
}

async function sendMessages(messages: readonly unknown[]): Promise<void> {
  const socket = await ProtocolSocket.connect(gateway.url, authorization.slice('Bearer '.length));
  for (const one of messages) if (socket.socket.readyState === socket.socket.OPEN) socket.send(JSON.stringify(one));
  const received = socket.socket.readyState === socket.socket.OPEN ? await socket.settled() : [];
  for (const { type, payload } of received) {
    expectNoLeak(JSON.stringify(payload ?? null));
    if (type === 'next') expectHonest(JSON.stringify(payload));
    if (type === 'error') expectHonest(JSON.stringify({ errors: payload }));
  }
  socket.close();
  expect(closeCodes).toContain((await socket.closed).code);
}
