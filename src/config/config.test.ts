import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { StartupError } from '../shared/errors.ts';
import { loadConfig, type Config } from './config.ts';
import { settingNames, settingsSchema } from './settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'config-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** An empty file keeps a developer's own `.env` out of the test. */
function envFile(text = ''): string {
  const path = join(folder, `${Math.random()}.env`);
  writeFileSync(path, text);
  return path;
}

const load = (env: NodeJS.ProcessEnv, file = ''): Config => loadConfig(env, { envFile: envFile(file) });

function complaintOf(env: NodeJS.ProcessEnv): string {
  try {
    load(env);
  } catch (error) {
    if (error instanceof StartupError) return error.message;
    throw error;
  }
  throw new Error('these settings were accepted');
}

const database = 'postgres://app:hunter22secret@db.example/agent_runtime';

describe('.env.example', () => {
  const example = readFileSync('.env.example', 'utf8').replaceAll(/^# (?=[A-Z_]+=)/gm, '');

  test('documents exactly the settings there are', () => {
    expect(Object.keys(parseEnv(example)).sort()).toEqual([...settingNames].sort());
  });

  test('shows the defaults', () => {
    expect(load({}, example)).toEqual(load({}));
    const shown = Object.keys(parseEnv(example)).filter((name) => parseEnv(example)[name] !== '');
    expect(shown.toSorted()).toEqual(Object.keys(settingsSchema.parse({})).toSorted());
  });
});

describe('sources', () => {
  test('the environment wins over the file', () => {
    const config = load({ PORT: '5000' }, 'PORT=6000\nLIVE_POLL_INTERVAL_MS=750');
    expect([config.http.port, config.live.pollIntervalMs]).toEqual([5000, 750]);
  });

  test('a setting set to nothing is not set', () => {
    expect(load({ AGENT_RUNTIME__DB_URL: '', PORT: ' ' })).toEqual(load({}));
  });

  test('a file that was asked for must exist', () => {
    expect(() => loadConfig({}, { envFile: join(folder, 'absent') })).toThrow(/absent cannot be read/);
  });
});

describe('defaults', () => {
  test('development listens on this machine only and shows its tools', () => {
    expect(load({}).http).toMatchObject({ host: '127.0.0.1', port: 4000, graphiql: true, introspection: true });
    expect(load({}).http).toMatchObject({ allowedOrigins: [], allowLocalhostOrigins: true });
  });

  test('production listens everywhere and hides them', () => {
    const { http } = load({ NODE_ENV: 'production' });
    expect(http).toMatchObject({
      host: '0.0.0.0',
      graphiql: false,
      introspection: false,
      allowLocalhostOrigins: false,
    });
  });

  test('without URLs both databases are embedded and the issuer is built in', () => {
    const { databases, auth } = load({});
    expect([databases.agentRuntime, databases.authService]).toEqual([null, null]);
    expect(auth.keys).toEqual({ kind: 'built-in' });
  });

  test('one database can be embedded and the other your own', () => {
    const { databases } = load({ AUTH_SERVICE__DB_URL: database });
    expect(databases.agentRuntime).toBeNull();
    expect(databases.authService?.main.host).toBe('db.example');
  });
});

describe('databases', () => {
  test('owner and direct road are the main one unless configured', () => {
    const { agentRuntime } = load({
      AGENT_RUNTIME__DB_URL: database,
      AGENT_RUNTIME__DIRECT_DB_URL: 'postgres://app@direct.example/agent_runtime',
    }).databases;
    expect(agentRuntime?.owner).toBe(agentRuntime?.main);
    expect(agentRuntime?.direct.host).toBe('direct.example');
    expect(agentRuntime?.replica).toBeNull();
  });

  test('limits reach every database, and a statement timeout of 0 is left to the server', () => {
    const env = { AGENT_RUNTIME__DB_URL: database, DB_POOL_SIZE: '3', DB_STATEMENT_TIMEOUT_MS: '0' };
    const { agentRuntime } = load(env).databases;
    expect(agentRuntime?.main).toMatchObject({ max: 3, connectionTimeoutMillis: 5_000 });
    expect(agentRuntime?.main).not.toHaveProperty('statement_timeout');
  });
});

describe('complaints', () => {
  test('name everything wrong at once, with what would be right', () => {
    const complaint = complaintOf({
      NODE_ENV: 'production',
      PORT: '65536',
      GRAPHIQL: 'perhaps',
      ALLOWED_ORIGINS: 'https://a.example/path',
      AGENT_RUNTIME__DB_URL: 'sqlite:///old.db',
      AUTH_SERVICE__REPLICA_DB_URL: database,
      INTERNAL_API_KEY: 'hunter22',
    });
    expect(complaint.split('\n').slice(1)).toEqual([
      expect.stringMatching(/^ {2}PORT must be a whole number from 0 to 65535, and is "65536"$/),
      expect.stringMatching(/^ {2}ALLOWED_ORIGINS must be a comma-separated list/),
      expect.stringMatching(/^ {2}GRAPHIQL must be true or false/),
      expect.stringMatching(
        /^ {2}AGENT_RUNTIME__DB_URL names an SQLite file, which cannot be served; .*`scrollback import`/,
      ),
      expect.stringMatching(/^ {2}INTERNAL_API_KEY must have at least 16 characters$/),
      expect.stringMatching(/^ {2}AUTH_JWKS_URL or AUTH_PUBLIC_KEY_FILE must be set in production/),
      expect.stringMatching(/^ {2}AUTH_SERVICE__REPLICA_DB_URL is set without AUTH_SERVICE__DB_URL/),
    ]);
  });

  test('one database is not two', () => {
    const urls = { AGENT_RUNTIME__DB_URL: database, AUTH_SERVICE__DB_URL: database.replace('app:', 'other:') };
    expect(complaintOf(urls)).toContain('AGENT_RUNTIME__DB_URL and AUTH_SERVICE__DB_URL name the same database');
    expect(load({ ...urls, AUTH_SERVICE__DB_URL: `${database}_auth` }).databases.authService).not.toBeNull();
  });

  test('quote no secret', () => {
    const complaint = complaintOf({
      INTERNAL_API_KEY: 'hunter22',
      AGENT_RUNTIME__DB_URL: 'postgres://app:hunter22@db.example:99999/x',
      AUTH_SERVICE__DB_URL: 'postgres://app:hunter22@db.example/x?sslmode=never',
      AUTH_JWKS_URL: 'ftp://hunter22@keys.example',
    });
    expect(complaint.split('\n')).toHaveLength(5);
    expect(complaint).not.toContain('hunter22');
  });

  test('an address of keys that cannot be fetched is refused, without what is in it', () => {
    const complaint = complaintOf({ AUTH_JWKS_URL: 'https://user:hunter22@a.example/jwks' });
    expect(complaint).toContain('AUTH_JWKS_URL must have no user and password in it');
    expect(complaint).not.toContain('hunter22');
  });

  test('two sources of keys contradict each other', () => {
    const keys = { AUTH_JWKS_URL: 'https://a.example/jwks', AUTH_PUBLIC_KEY_FILE: 'package.json' };
    expect(complaintOf(keys)).toMatch(/AUTH_JWKS_URL and AUTH_PUBLIC_KEY_FILE are both set/);
  });
});

describe('production with a database of your own', () => {
  const production = { NODE_ENV: 'production', AUTH_SERVICE__DB_URL: database };

  test('refuses the built-in issuer', () => {
    expect(complaintOf(production)).toMatch(/AUTH_JWKS_URL or AUTH_PUBLIC_KEY_FILE must be set/);
  });

  test('takes either source of keys', () => {
    const url = 'https://auth.example/.well-known/jwks.json';
    expect(load({ ...production, AUTH_JWKS_URL: url }).auth.keys).toEqual({ kind: 'jwks-url', url });
    const fromFile = load({ ...production, AUTH_PUBLIC_KEY_FILE: 'package.json' });
    expect(fromFile.auth.keys).toMatchObject({ kind: 'file' });
  });
});

test('the configuration cannot be changed', () => {
  const config = load({ AGENT_RUNTIME__DB_URL: database });
  const parts = [
    config,
    config.http,
    config.http.allowedOrigins,
    config.auth,
    config.auth.keys,
    config.databases.limits,
  ];
  expect(parts.every((part) => Object.isFrozen(part))).toBe(true);
  expect(Object.isFrozen(config.databases.agentRuntime?.main)).toBe(true);
});

test('misspelt settings are warned of, with the likely name and without the value', () => {
  const { warnings } = load({
    AGENT_RUNTIME_DB_URL: 'hunter22',
    AUTH_JWKS_URI: 'hunter22',
    AUTH_SERVICE__SMTP_PASSWORD: 'hunter22',
    PATH: '/bin',
  });
  expect(warnings).toEqual([
    'AGENT_RUNTIME_DB_URL is not a setting and has no effect; did you mean AGENT_RUNTIME__DB_URL?',
    'AUTH_JWKS_URI is not a setting and has no effect; did you mean AUTH_JWKS_URL?',
    'AUTH_SERVICE__SMTP_PASSWORD is not a setting and has no effect',
  ]);
});

test('in the settings file every name that may be meant as a setting is looked at, in the environment only what is clear', () => {
  const names = [
    'MAX_DEPHT',
    'max_depth',
    'TLS_CERT',
    'SCROLLBACKDATA',
    'GRAFIQL',
    'SHUTDOWN_TIMEOUT',
    'TRUST_PROXIES',
  ];
  const others = ['POSTGRES_PASSWORD', 'SCROLLBACK_OWNER_PASSWORD', 'PGADMIN_EMAIL', 'TZ', 'SMTP_HOST', 'HOME'];
  const warned = (warnings: readonly string[]): string[] => warnings.map((warning) => warning.split(' ')[0] ?? '');
  const file = [...names, ...others].map((name) => `${name}=hunter22`).join('\n');
  const { warnings } = load({}, file);
  expect(warned(warnings).sort()).toEqual(names.toSorted());
  expect(warnings).toContain('max_depth is not a setting and has no effect; did you mean MAX_DEPTH?');
  expect(warnings.join()).not.toContain('hunter22');
  const env = Object.fromEntries(
    [...names, ...others, 'LANG', 'MAX_MEMORY', 'TLS_CERT_DIR'].map((name) => [name, 'x']),
  );
  expect(warned(load(env).warnings)).toEqual(['MAX_DEPHT', 'max_depth', 'SCROLLBACKDATA']);
});
