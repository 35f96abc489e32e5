import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair } from 'jose';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLog } from '../../src/shared/log.ts';
import { testDatabases, type TestDatabases } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

let test: TestDatabases;
let folder: string;
let issuer: Server;
let gateway: TestGateway;
let status: number;

beforeEach(async () => {
  test = await testDatabases();
  folder = await mkdtemp(join(tmpdir(), 'scrollback-keys-'));
  const { publicKey } = await generateKeyPair('ES256');
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }];
  issuer = createServer((_, response) => response.writeHead(status).end(JSON.stringify({ keys })));
  await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await gateway.stop();
  issuer.close();
  await test.close();
  await rm(folder, { recursive: true });
});

async function start(): Promise<void> {
  const { port } = issuer.address() as AddressInfo;
  const log = createLog({ level: 'info', pretty: false, file: join(folder, 'log') });
  const url = `http://127.0.0.1:${port}/jwks.json?key=canary`;
  gateway = await startTestGateway(test, { AUTH_JWKS_URL: url }, log);
}

const ready = async (): Promise<readonly [number, unknown]> => {
  const response = await fetch(gateway.url.replace('/graphql', '/readyz'));
  return [response.status, ((await response.json()) as { tokenKeys: unknown }).tokenKeys];
};

it('a gateway that never had its issuer’s keys is not ready, and says so before anybody comes', async () => {
  status = 503;
  await start();
  await expect.poll(ready).toEqual([503, { known: false, reachable: false }]);
  const logged = async (): Promise<string> => readFile(join(folder, 'log'), 'utf8');
  await expect
    .poll(logged)
    .toMatch(/"AUTH_JWKS_URL: http:\/\/127\.0\.0\.1:\d+\/jwks\.json gives no key set: .*No token/);
  expect(await logged()).not.toContain('canary');
});

it('a gateway is ready when it has them', async () => {
  status = 200;
  await start();
  await expect.poll(ready).toEqual([200, { known: true, reachable: true }]);
});
