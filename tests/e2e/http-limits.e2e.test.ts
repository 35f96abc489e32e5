import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeCertificate } from '../support/certificate.ts';
import { testDatabases, type TestDatabases } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { addUser } from '../support/people.ts';

const anna = { userId: 'anna' };
const harmless = '{ viewer { tenantId } }';

let test: TestDatabases;
let gateway: TestGateway;

beforeAll(async () => {
  test = await testDatabases();
  await addUser(test, 'anna');
  gateway = await startTestGateway(test, {
    HEADERS_TIMEOUT_MS: '500',
    REQUEST_TIMEOUT_MS: '1000',
    KEEP_ALIVE_TIMEOUT_MS: '700',
    MAX_OPERATIONS_PER_SOCKET: '5',
    ALLOWED_ORIGINS: 'https://app.example',
  });
});
afterAll(async () => {
  await gateway.stop();
  await test.close();
});

function open(to = gateway): Socket {
  const socket = connect(Number(new URL(to.url).port), '127.0.0.1');
  return socket.on('error', () => undefined);
}

/** Everything that comes until the gateway closes. */
async function conversation(send: (socket: Socket) => void): Promise<string> {
  const socket = open();
  send(socket);
  return textOf(socket).catch(() => 'reset');
}

const post = (body: string): string =>
  `POST /graphql HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

describe('a connection', () => {
  it('that sends its headers byte by byte is closed', async () => {
    const answer = await conversation((socket) => {
      socket.write('GET /livez HTTP/1.1\r\n');
      const drip = setInterval(() => socket.write('X: y\r\n'), 100);
      socket.once('close', () => clearInterval(drip));
    });
    expect(answer).toContain('408 Request Timeout');
  });

  it('whose body never ends is closed', async () => {
    const answer = await conversation((socket) => {
      socket.write(
        'POST /graphql HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
      );
      const drip = setInterval(() => socket.write('1\r\n \r\n'), 100);
      socket.once('close', () => clearInterval(drip));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 408|^$|^reset$/);
  });

  it('with too large headers is told so', async () => {
    const answer = await conversation((socket) =>
      socket.write(`GET / HTTP/1.1\r\nHost: h\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`),
    );
    expect(answer).toContain('431 Request Header Fields Too Large');
  });

  it('that says two lengths is refused', async () => {
    const answer = await conversation((socket) =>
      socket.write(
        'POST /graphql HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      ),
    );
    expect(answer).toContain('400 Bad Request');
  });

  it('that says nothing, and one that says nothing more, are closed', async () => {
    expect(await conversation(() => undefined)).toMatch(/^$|408/);
    expect(await conversation((socket) => socket.write('GET /livez HTTP/1.1\r\nHost: h\r\n\r\n'))).toContain('200 OK');
  });

  it('may not have everything running at once by pipelining', async () => {
    const lock = await test.service.agentRuntime.connect();
    await lock.query('BEGIN');
    await lock.query('LOCK TABLE sessions');
    const socket = open();
    let answers = '';
    socket.on('data', (data) => (answers += data.toString()));
    const body = JSON.stringify({ query: '{ sessions { totalCount } }' });
    const authorization = `Authorization: Bearer ${await gateway.token(anna)}\r\n`;
    socket.write(post(body).replace('Host: h\r\n', `Host: h\r\n${authorization}`).repeat(8));
    await new Promise((resolve) => setTimeout(resolve, 500));
    await lock.query('COMMIT');
    lock.release();
    await expect.poll(() => answers.split('HTTP/1.1 ').length - 1, { timeout: 20_000 }).toBe(8);
    expect(answers.match(/HTTP\/1\.1 200/g)).toHaveLength(5);
    expect(answers.match(/HTTP\/1\.1 429/g)).toHaveLength(3);
    expect(answers).toContain('MAX_OPERATIONS_PER_SOCKET');
    socket.destroy();
  });
});

describe('a request', () => {
  const send = async (init: RequestInit & { path?: string }): Promise<[number, unknown]> => {
    const response = await fetch(`${gateway.url}${init.path ?? ''}`, init);
    const text = await response.text();
    const errors = text.startsWith('{')
      ? (JSON.parse(text) as { errors?: { extensions: object }[] }).errors
      : undefined;
    return [response.status, errors?.[0]?.extensions];
  };
  const json = { 'content-type': 'application/json' };
  const get = `?query=${encodeURIComponent('{ __typename }')}`;

  it.each([
    [
      'of a form',
      { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'query=x' },
    ],
    [
      'as plain text',
      { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{"query":"{ __typename }"}' },
    ],
    ['of an image', { path: get, headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' } }],
    ['of an old browser', { path: get, headers: { 'user-agent': 'Mozilla/5.0' } }],
    ['for a stream', { path: `/stream${get}`, headers: { 'sec-fetch-site': 'same-site' } }],
  ])('that any page could make a browser send is refused: %s', async (_what, init) => {
    expect(await send(init as RequestInit)).toEqual([400, { code: 'BAD_USER_INPUT', reason: 'CSRF_PREVENTION' }]);
  });

  it('that a program sends with GET is answered, and no mutation is', async () => {
    expect(await send({ path: get })).toEqual([200, undefined]);
    const mutation = `?query=${encodeURIComponent('mutation { __typename }')}`;
    expect(await send({ path: mutation })).toEqual([405, { code: 'BAD_USER_INPUT', reason: 'METHOD_NOT_ALLOWED' }]);
    expect((await send({ method: 'PUT', headers: json, body: '{}' }))[0]).toBe(405);
  });

  it('that is compressed, or in another alphabet, is refused', async () => {
    const gzip = { ...json, 'content-encoding': 'gzip' };
    expect((await send({ method: 'POST', headers: gzip, body: '{}' }))[0]).toBe(415);
    const latin = { 'content-type': 'application/json; charset=iso-8859-1' };
    expect((await send({ method: 'POST', headers: latin, body: '{}' }))[0]).toBe(415);
  });

  it('for the whole address is answered like one for the path', async () => {
    const target = `http://h/graphql?query=${encodeURIComponent('{ __typename }')}`;
    const answer = await conversation((socket) => {
      socket.write(`GET ${target} HTTP/1.1\r\nHost: h\r\nApollo-Require-Preflight: 1\r\nConnection: close\r\n\r\n`);
    });
    expect(answer).toMatch(/^HTTP\/1.1 200[^]*"__typename":"Query"/);
  });

  it('with HEAD is refused, however long its body', async () => {
    const body = 'x'.repeat(500_000);
    const answer = await conversation((socket) => {
      socket.write(`HEAD /graphql HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    });
    expect(answer).toMatch(/^HTTP\/1.1 405[^]*\r\n\r\n$/);
  });

  it('that is too long is refused before it is read', async () => {
    const body = JSON.stringify({ query: `# ${'x'.repeat(1_100_000)}\n{ __typename }` });
    expect(await send({ method: 'POST', headers: json, body })).toMatchObject([413, { limit: 'MAX_REQUEST_BYTES' }]);
  });

  it('with a large body that was given up while it waited does not keep the next one waiting', async () => {
    const token = await gateway.token(anna);
    const body = JSON.stringify({ query: harmless, variables: { padding: 'x'.repeat(100_000) } });
    const text = post(body).replace('\r\n\r\n', `\r\nAuthorization: Bearer ${token}\r\n\r\n`);
    const [first, second] = [open(), open()];
    first.write(text);
    second.write(text);
    await new Promise((resolve) => setTimeout(resolve, 10));
    second.destroy();
    first.resume();
    const third = await fetch(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body,
      signal: AbortSignal.timeout(10_000),
    });
    expect(await third.json()).toMatchObject({ data: { viewer: { tenantId: 'default' } } });
    first.destroy();
  });

  it('that turns out to be too long, or too much for its user, is told so while it is still sent', async () => {
    const rated = await startTestGateway(test, { RATE_LIMIT_USER: '4', RATE_LIMIT_BURST_SECONDS: '1' });
    const chunked = async (to: TestGateway, kilobytes: number): Promise<string> => {
      const socket = open(to);
      const authorization = `Authorization: Bearer ${await to.token(anna)}`;
      const headers = ['POST /graphql HTTP/1.1', 'Host: h', authorization, 'Content-Type: application/json'];
      socket.write([...headers, 'Transfer-Encoding: chunked', '', ''].join('\r\n'));
      for (let sent = 0; sent < kilobytes; sent += 10) socket.write(`2800\r\n${' '.repeat(0x2800)}\r\n`);
      return textOf(socket).catch(() => 'reset');
    };
    expect(await chunked(gateway, 1100)).toMatch(/^HTTP\/1.1 413[^]*MAX_REQUEST_BYTES/);
    expect(await chunked(rated, 900)).toMatch(/^HTTP\/1.1 429[^]*RATE_LIMIT_USER/);
    await rated.stop();
  });

  it('of an allowed page is told that it may read, and carries no cookie', async () => {
    const headers = { origin: 'https://app.example', 'access-control-request-method': 'POST' };
    const response = await fetch(gateway.url, { method: 'OPTIONS', headers });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
  });
});

it('says with every answer what browsers may do with it', async () => {
  for (const path of ['', '/stream', '/../livez', '/../nothing']) {
    const { headers } = await fetch(`${gateway.url}${path}`);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.get('strict-transport-security')).toBeNull();
    expect(headers.get('set-cookie')).toBeNull();
  }
});

it('shows the page for an address with a query too', async () => {
  const headers = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', 'sec-fetch-site': 'none' };
  const page = await fetch(`${gateway.url}?query=${encodeURIComponent(harmless)}`, { headers });
  expect(page.headers.get('content-type')).toContain('text/html');
  expect(page.headers.get('content-security-policy')).toContain("script-src 'sha256-");
});

it('takes documents by their hash once somebody has left them', async () => {
  const sha256Hash = '34b46d1f8a2b0e2a4b1d0c8e5a0c6d8b6f3f5f3f0c1e7d3a9d2b4f6a8c0e2d4f';
  const ask = (payload: object): Promise<unknown> =>
    fetch(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(payload),
    }).then((answer) => answer.json());
  const { createHash } = await import('node:crypto');
  const query = '{ __typename }';
  const hash = createHash('sha256').update(query).digest('hex');
  const persisted = (of: string): object => ({ extensions: { persistedQuery: { version: 1, sha256Hash: of } } });
  expect(await ask(persisted(hash))).toMatchObject({ errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }] });
  expect(await ask({ query, ...persisted(hash) })).toMatchObject({ data: { __typename: 'Query' } });
  expect(await ask(persisted(hash))).toMatchObject({ data: { __typename: 'Query' } });
  expect(await ask(persisted(sha256Hash))).toMatchObject({ errors: [{}] });
});

describe('TLS', () => {
  let folder: string;
  let secure: TestGateway;
  const ask = async (): Promise<{ name: unknown; headers: IncomingMessage['headers'] }> => {
    const sent = httpsRequest(`${secure.url.replace('http:', 'https:')}?query=%7B__typename%7D`, {
      rejectUnauthorized: false,
      agent: false,
    });
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume();
    const socket = response.socket as unknown as { getPeerCertificate(): { subject: { CN: string } } };
    return { name: socket.getPeerCertificate().subject.CN, headers: response.headers };
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'scrollback-tls-'));
    writeCertificate(folder, 'first.example');
    secure = await startTestGateway(test, {
      TLS_CERT_FILE: join(folder, 'cert.pem'),
      TLS_KEY_FILE: join(folder, 'key.pem'),
    });
  });
  afterAll(async () => {
    await secure.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('is spoken directly, and said to stay', async () => {
    const { name, headers } = await ask();
    expect(name).toBe('first.example');
    expect(headers['strict-transport-security']).toContain('max-age=');
  });

  it('takes a renewed certificate, and keeps the old one where the new one does not fit', async () => {
    const key = await readFile(join(folder, 'key.pem'));
    await writeFile(join(folder, 'key.pem'), 'no key');
    process.emit('SIGHUP');
    expect((await ask()).name).toBe('first.example');
    await writeFile(join(folder, 'key.pem'), key);
    writeCertificate(folder, 'second.example');
    process.emit('SIGHUP');
    expect((await ask()).name).toBe('second.example');
  });
});
