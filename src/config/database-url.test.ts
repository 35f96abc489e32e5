import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseConfigOf, maskUrl } from './database-url.ts';

const read = (url: string): ReturnType<typeof databaseConfigOf> => databaseConfigOf(url, 'DB_URL');

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'certificates-'));
  writeFileSync(join(folder, 'ca.pem'), 'a certificate');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('dialects', () => {
  const schemes = ['postgres', 'postgresql', 'postgresql+asyncpg', 'postgresql+psycopg', 'postgresql+psycopg2'];

  test.each(schemes)('%s:// is understood', (scheme) => {
    const config = read(`${scheme}://app:pw@db.example:6432/agent_runtime`);
    expect(config).toMatchObject({
      host: 'db.example',
      port: 6432,
      user: 'app',
      password: 'pw',
      database: 'agent_runtime',
    });
  });

  test.each(['mysql://a@b/c', 'http://a@b/c', 'db.example/c', ''])('%o is not', (url) => {
    expect(() => read(url)).toThrow(/^DB_URL must look like postgres:/);
  });

  test('SQLite is pointed to the import', () => {
    expect(() => read('sqlite:///relative.db')).toThrow(
      /^DB_URL names an SQLite file, which cannot be served; .*`scrollback import`/,
    );
  });
});

describe('parts', () => {
  test.each([
    ['p%40ss%2Fw%3Frd%23%25', 'p@ss/w?rd#%'],
    ['a+b', 'a+b'],
    ['%D0%BA%D0%BB%D1%8E%D1%87', 'ключ'],
    ['raw@sign', 'raw@sign'],
  ])('password %s arrives as %s', (written, meant) => {
    expect(read(`postgres://app:${written}@h/db`).password).toBe(meant);
  });

  test('port and password may be missing', () => {
    const config = read('postgres://app@h/db');
    expect(config.port).toBe(5432);
    expect(config).not.toHaveProperty('password');
  });

  test.each([
    ['postgres://app@[::1]:5433/db', '::1'],
    ['postgresql://app@/db?host=/run/postgresql', '/run/postgresql'],
    ['postgresql:///db?host=/run/postgresql&user=app', '/run/postgresql'],
    ['postgresql://app@%2Frun%2Fpostgresql/db', '/run/postgresql'],
    ['postgresql://app:pw@/db', 'localhost'],
  ])('%s leads to %s', (url, host) => {
    expect(read(url)).toMatchObject({ host, user: 'app', database: 'db' });
  });

  test('options, application name and time-out pass through', () => {
    const config = read(
      'postgres://app@h/db?options=-c%20search_path%3Dchat&application_name=gate+way&connect_timeout=3',
    );
    expect(config).toMatchObject({
      options: '-c search_path=chat',
      application_name: 'gate+way',
      connectionTimeoutMillis: 3000,
    });
  });

  test('parameters of SQLAlchemy and libpq that change nothing are tolerated', () => {
    expect(read('postgresql+asyncpg://app@h/db?prepared_statement_cache_size=0&target_session_attrs=any').host).toBe(
      'h',
    );
  });

  test.each([
    ['postgres://app@h', /names no database/],
    ['postgres://app@a,b/db', /several hosts/],
    ['postgres://app:100%@h/db', /%25/],
    ['postgres://app@h/db?sslmod=verify-full', /parameter "sslmod"/],
    ['postgres://app@h/db?connect_timeout=soon', /connect_timeout/],
    ['postgres://app:12/ss@h/db', /%2F/],
    ['postgres://app:12#ss@h/db', /%23/],
    ['postgres://app:12?ss@h/db', /%3F/],
  ])('%s is refused', (url, complaint) => {
    expect(() => read(url)).toThrow(complaint);
  });
});

const tls = (parameters: string): unknown => read(`postgres://app@h/db?${parameters}`).ssl;
const ca = (): string => join(folder, 'ca.pem');

describe('TLS in the sense of libpq', () => {
  test('disable: none', () => expect(tls('sslmode=disable')).toBe(false));
  test('require: encrypted and unchecked', () => expect(tls('sslmode=require')).toEqual({ rejectUnauthorized: false }));
  test("asyncpg's ssl=require means the same", () => expect(tls('ssl=require')).toEqual({ rejectUnauthorized: false }));
  test('verify-full: checked with the name', () =>
    expect(tls('sslmode=verify-full')).toEqual({ rejectUnauthorized: true }));

  test('verify-ca: checked without the name', () => {
    const options = tls(`sslmode=verify-ca&sslrootcert=${ca()}`);
    expect(options).toMatchObject({ rejectUnauthorized: true, ca: 'a certificate' });
    const { checkServerIdentity } = options as { checkServerIdentity: (host: string, certificate: object) => unknown };
    expect(checkServerIdentity('other.example', {})).toBeUndefined();
  });

  test('require beside a root certificate means verify-ca', () => {
    expect(read(`postgres://app@h/db?sslmode=require&sslrootcert=${ca()}`).sslMode).toBe('verify-ca');
  });

  test("the system's root certificates mean verify-full", () => {
    expect(tls('sslmode=require&sslrootcert=system')).toEqual({ rejectUnauthorized: true });
  });

  test('nothing said means prefer, and a socket needs none', () => {
    expect(read('postgres://app@h/db').sslMode).toBe('prefer');
    expect(read('postgres://app@/db?host=/run').sslMode).toBe('disable');
  });

  test.each([
    ['sslmode=always', /disable, prefer, require, verify-ca or verify-full/],
    ['sslmode=verify-ca', /without sslrootcert/],
    ['sslmode=verify-full&sslrootcert=/nowhere/ca.pem', /sslrootcert=\/nowhere\/ca.pem, a file that cannot be read/],
    ['sslmode=disable&channel_binding=require', /without TLS/],
    ['channel_binding=perhaps', /disable, prefer or require/],
  ])('%s is refused', (parameters, complaint) => {
    expect(() => tls(parameters)).toThrow(complaint);
  });

  test('channel binding is switched on where asked for', () => {
    expect(read('postgres://app@h/db?sslmode=require&channel_binding=require').enableChannelBinding).toBe(true);
    expect(read('postgres://app@h/db?sslmode=require').enableChannelBinding).toBe(false);
  });
});

test('pg takes the configuration as it is, frozen and with a private key', () => {
  writeFileSync(join(folder, 'key.pem'), 'a key');
  const config = read(`postgres://app:pw@h/db?sslmode=verify-full&sslkey=${join(folder, 'key.pem')}`);
  const pool = new pg.Pool(config);
  const client = new pg.Client(config);
  expect(pool.options).toMatchObject({
    password: 'pw',
    max: 10,
    statement_timeout: 30_000,
    connectionTimeoutMillis: 5_000,
  });
  expect([client.host, client.user, client.password, client.database]).toEqual(['h', 'app', 'pw', 'db']);
});

describe('masking', () => {
  test.each([
    ['postgres://app:hunter22@h:5432/db?sslmode=require', 'postgres://app:***@h:5432/db?sslmode=require'],
    ['postgres://app@h/db?password=hunter22', 'postgres://app@h/db?***=***'],
    ['postgres://app@h/db?hunter22=hunter22', 'postgres://app@h/db?***=***'],
    ['postgres://app:12/hunter22@h/db', 'postgres://***'],
    ['postgres://app:hunter22/x@h/db', 'postgres://***'],
    ['postgresql+asyncpg://app:hunter22@/db', 'postgresql+asyncpg://app:***@localhost/db'],
    ['hunter22', '//***'],
  ])('%s reads %s', (url, masked) => {
    expect(maskUrl(url)).toBe(masked);
  });

  test('no complaint quotes the password', () => {
    for (const ending of ['', ':99999/db', '/db?x=1', '/db?sslmode=x', '/db#x', ',b/db']) {
      expect(() => read(`postgres://app:hunter22@h${ending}`)).toThrow(/^(?!.*hunter22)/s);
    }
  });
});
