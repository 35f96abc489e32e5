import { createHash } from 'node:crypto';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { testDatabases, type TestDatabases } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { addMessages, addSession, addUser } from '../support/people.ts';

let test: TestDatabases;
let gateway: TestGateway;

beforeAll(async () => {
  test = await testDatabases();
  await addUser(test, 'anna');
  await addSession(test, 'long', { userId: 'anna' }, 200);
  gateway = await startTestGateway(test);
}, 60_000);
afterAll(async () => {
  await gateway.stop();
  await test.close();
});

const long = '{ session(id: "long") { messages(first: 200) { nodes { id content createdAt session { id title } } } } }';
const short = '{ session(id: "long") { messageCount } }';

interface Raw {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A persisted query over GET, as it comes over the wire. */
async function get(query: string, headers: Record<string, string> = {}, userId = 'anna'): Promise<Raw> {
  const sha256Hash = createHash('sha256').update(query).digest('hex');
  const extensions = { persistedQuery: { version: 1, sha256Hash } };
  await gateway.query({ userId }, query);
  const authorization = `Bearer ${await gateway.token({ userId })}`;
  const search = new URLSearchParams({ query, extensions: JSON.stringify(extensions) });
  const all = { authorization, 'apollo-require-preflight': '1', ...headers };
  return new Promise((resolve, reject) => {
    httpRequest(`${gateway.url}?${search.toString()}`, { headers: all }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    })
      .on('error', reject)
      .end();
  });
}

it('answers 304 to a GET of what the client has, until the answer is another one', async () => {
  const first = await get(short);
  expect(first).toMatchObject({ status: 200, headers: { 'cache-control': 'private, no-cache' } });
  const ifNoneMatch = { 'if-none-match': `"other", ${first.headers.etag ?? ''}` };
  const second = await get(short, ifNoneMatch);
  expect(second).toMatchObject({ status: 304, headers: { etag: first.headers.etag } });
  expect(second.body).toHaveLength(0);
  expect(await get(short, ifNoneMatch, 'boris')).toMatchObject({ status: 200 });
  await addMessages(test, 'long', 201, 201);
  const third = await get(short, ifNoneMatch);
  expect(third.status).toBe(200);
  expect(third.body.toString()).toContain('201');
});

it('packs long answers for those who can unpack them, and gives the same', async () => {
  const plain = await get(long);
  expect(plain.headers['content-encoding']).toBeUndefined();
  const br = await get(long, { 'accept-encoding': 'gzip, br' });
  expect(br.headers).toMatchObject({ 'content-encoding': 'br', etag: plain.headers.etag });
  expect(br.headers.vary).toContain('Accept-Encoding');
  expect(brotliDecompressSync(br.body)).toEqual(plain.body);
  const gzip = await get(long, { 'accept-encoding': 'gzip, br;q=0' });
  expect(gunzipSync(gzip.body)).toEqual(plain.body);
  expect(gzip.body.length).toBeLessThan(plain.body.length / 4);
  expect((await get(short, { 'accept-encoding': 'br' })).headers['content-encoding']).toBeUndefined();
});

it('refuses an answer that is too large with a code', { timeout: 120_000 }, async () => {
  await addSession(test, 'huge', { userId: 'anna' });
  await test.service.agentRuntime.query(
    `INSERT INTO messages (id, session_db_id, role, content) SELECT 'huge-' || n, 'huge', 'user', repeat('x', 1000000) FROM generate_series(1, 40) AS n`,
  );
  const messages = (last: number, fields: string) =>
    `{ session(id: "huge") { messages(last: ${last}) { nodes { ${fields} } } } }`;
  const tooLarge = [{ extensions: { code: 'QUERY_TOO_COMPLEX', reason: 'ANSWER_TOO_LARGE' } }];
  const anna = { userId: 'anna' };
  expect((await gateway.query(anna, messages(20, 'content'))).errors).toBeUndefined();
  expect((await gateway.query(anna, messages(40, 'content'))).errors).toMatchObject(tooLarge);
  // The same row many times over.
  const aliases = Array.from({ length: 20 }, (_, n) => `a${n}: content`).join(' ');
  expect((await gateway.query(anna, messages(5, aliases))).errors).toMatchObject(tooLarge);
});

it('ends the statements of a client that leaves', async () => {
  const blocker = await test.service.agentRuntime.connect();
  try {
    await blocker.query('BEGIN');
    await blocker.query('LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE');
    const waiting = async (): Promise<number> => {
      const { rows } = await test.service.auth.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = $1)`,
        [test.roads.agentRuntime.gateway.database],
      );
      return rows[0]?.count ?? 0;
    };
    const before = await waiting();
    const leaving = new AbortController();
    const authorization = `Bearer ${await gateway.token({ userId: 'anna' })}`;
    const asked = fetch(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body: JSON.stringify({ query: '{ sessions { nodes { title } } }' }),
      signal: leaving.signal,
    }).catch(() => 'left');
    await vi.waitUntil(async () => (await waiting()) > before, { timeout: 20_000, interval: 50 });
    leaving.abort();
    expect(await asked).toBe('left');
    await vi.waitUntil(async () => (await waiting()) === before, { timeout: 20_000, interval: 50 });
  } finally {
    await blocker.query('ROLLBACK');
    blocker.release();
  }
});
