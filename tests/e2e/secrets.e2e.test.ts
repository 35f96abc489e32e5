import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createLog, type Log } from '../../src/shared/log.ts';
import { sources } from '../../src/services/sources.ts';
import { ask, codesOf } from '../support/ask.ts';
import { collect } from '../support/collect.ts';
import { testDatabases, type TestDatabases } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { mutations, queries } from '../support/operations.ts';
import { fillWorld, people } from '../support/world.ts';

/** One of each kind that an error could carry; CANARY is in all of them. */
const canary = `eyJhbGciOiJub25lIn0.CANARYcanary.x postgresql://u:CANARY@db/x "CANARY in my diary" CANARY@example.org $2b$12$CANARY`;

let test: TestDatabases;
let gateway: TestGateway;
let folder: string;
let log: Log;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scrollback-secrets-'));
  log = createLog({ level: 'debug', pretty: false, file: join(folder, 'log') });
  test = await testDatabases();
  await fillWorld(test);
  gateway = await startTestGateway(test, {}, log);
});
afterAll(async () => {
  await gateway.stop();
  await test.close();
  await rm(folder, { recursive: true });
});

const logged = (): Promise<string> => readFile(join(folder, 'log'), 'utf8');

/** Every operation of the contract, as who may do all of them. */
async function everything(): Promise<string> {
  const answers = [];
  for (const { document, variables } of [...queries, ...mutations]) {
    answers.push(await ask(gateway, people.adam, document, variables('trip-anna')));
  }
  return JSON.stringify(answers);
}

const allowed = new Set([
  'INTERNAL_SERVER_ERROR',
  'NOT_FOUND',
  'BAD_USER_INPUT',
  'CONFLICT',
  'FORBIDDEN',
  'UNAVAILABLE',
]);

describe('what a layer throws', () => {
  it.each(['agentRuntime', 'auth'] as const)('stays out of answers and of the log: statements on %s', async (name) => {
    const database = test.databases[name];
    const fail = (): never => {
      throw Object.assign(new Error(canary, { cause: new Error(canary) }), {
        detail: canary,
        where: canary,
        query: canary,
      });
    };
    const spies = [vi.spyOn(database, 'query'), vi.spyOn(database, 'read'), vi.spyOn(database, 'transaction')];
    for (const spy of spies) spy.mockImplementation(fail);
    const answers = await everything();
    const client = await gateway.connect(people.adam);
    const events = collect(client, 'subscription { messageFeed { cursor } }', {}, (data) => data);
    await expect
      .poll(() => events.errors.length, { timeout: 10_000 })
      .toBeGreaterThan(name === 'agentRuntime' ? 0 : -1);
    await client.dispose();
    for (const spy of spies) spy.mockRestore();
    expect(answers + JSON.stringify(events.errors)).not.toContain('CANARY');
    expect(answers).toContain('incidentId');
    for (const [, code] of answers.matchAll(/"code":"(\w+)"/g)) expect(allowed).toContain(code);
    expect(await logged()).toContain('an operation failed');
    expect(await logged()).not.toContain('CANARY');
  });

  it('stays out of answers and of the log: PostgreSQL’s own errors, with their details', async () => {
    await test.service.agentRuntime.query(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION '%', quote_literal(NEW.content) USING DETAIL = NEW.content, HINT = NEW.content; END $$;
      CREATE TRIGGER refuse BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION refuse()`);
    const send = 'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }';
    const answer = await ask(gateway, people.anna, send, { input: { content: canary } });
    await test.service.agentRuntime.query('DROP FUNCTION refuse CASCADE');
    expect(codesOf(answer)).toEqual(['INTERNAL_SERVER_ERROR']);
    expect(JSON.stringify(answer)).not.toContain('CANARY');
    expect(await logged()).not.toContain('CANARY');
  });
});

describe('metrics', () => {
  it('tell of no user, no session and no secret', async () => {
    const text = await (await fetch(gateway.url.replace('/graphql', '/metrics'))).text();
    expect(text).toContain('# HELP');
    expect(text).not.toMatch(/CANARY|anna|adam|acme|eyJ|example\.org|hash-of/);
  });
});

describe('hashes of passwords, secrets and tokens', () => {
  const hash = /password_?hash|secret_?hash|jti_?hash|request_?hash|cursor_key/i;

  it('are columns, filters, orders or relations of no source', () => {
    for (const source of sources.values()) {
      const filters = Object.values(source.filters ?? {}).map((filter) => filter.toString());
      expect(JSON.stringify(source) + filters.join()).not.toMatch(hash);
    }
  });

  it('are named where rows are made and nowhere that reads', () => {
    const files = [
      'src/services',
      'src/resolvers',
      'src/schema',
      'src/server',
      'src/live',
      'src/change-feed',
      'src/read-plans',
    ].flatMap((folderName) => filesIn(folderName));
    const naming = files.filter(
      (file) =>
        !/\.test\.ts$|importing|demo/.test(file) &&
        /password_?hash|secret_?hash|jti_?hash/i.test(readFileSync(file, 'utf8')),
    );
    expect(files.length).toBeGreaterThan(100);
    expect(naming).toEqual([]);
  });
});

function filesIn(path: string): string[] {
  try {
    return readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(path, name));
  } catch {
    return [];
  }
}
