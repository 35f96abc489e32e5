import { userInfo } from 'node:os';
import { StartupError } from '../shared/errors.ts';
import type { DatabaseConfig, DatabaseLimits } from './database-config.ts';
import { sslModeOf, tlsOptionsOf } from './tls-options.ts';

const defaultLimits: DatabaseLimits = { max: 10, connectionTimeoutMillis: 5_000, statement_timeout: 30_000 };

const schemes = ['postgres:', 'postgresql:', 'postgresql+asyncpg:', 'postgresql+psycopg:', 'postgresql+psycopg2:'];

/** Parameters that we act on. Their values may be shown, except the password's. */
const usedParameters = [
  'host',
  'port',
  'user',
  'password',
  'dbname',
  'sslmode',
  'ssl',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'channel_binding',
  'options',
  'application_name',
  'connect_timeout',
];

/** Parameters of libpq and SQLAlchemy that change nothing for us; any other one is taken for a mistake. */
const harmlessParameters = [
  'client_encoding',
  'fallback_application_name',
  'gssencmode',
  'keepalives',
  'keepalives_idle',
  'keepalives_interval',
  'keepalives_count',
  'prepared_statement_cache_size',
  'sslsni',
  'target_session_attrs',
  'tcp_user_timeout',
];

/** Reads a database URL as libpq and SQLAlchemy write it; `name` is the setting that a complaint points at. */
export function databaseConfigOf(url: string, name: string, limits: DatabaseLimits = defaultLimits): DatabaseConfig {
  try {
    return Object.freeze(readUrl(url.trim(), limits));
  } catch (error) {
    // The error's cause may quote the URL, so only its sentence goes on.
    throw new StartupError(`${name} ${error instanceof Error ? error.message : 'cannot be read'}`);
  }
}

function readUrl(text: string, limits: DatabaseLimits): DatabaseConfig {
  const url = parseUrl(text);
  const parameters = parametersOf(url);
  const host = parameters.get('host') ?? (plain(url.hostname.replace(/^\[(.+)\]$/, '$1')) || 'localhost');
  const sslMode = sslModeOf(parameters, host);
  return {
    ...limits,
    ...connectTimeoutOf(parameters),
    host,
    port: portOf(parameters.get('port') ?? url.port),
    user: parameters.get('user') ?? (plain(url.username) || userInfo().username),
    ...passwordOf(parameters.get('password') ?? plain(url.password)),
    database: databaseNameOf(parameters.get('dbname') ?? plain(url.pathname.slice(1))),
    ssl: tlsOptionsOf(sslMode, parameters),
    sslMode,
    enableChannelBinding: bindsChannel(parameters.get('channel_binding'), sslMode === 'disable'),
    application_name: parameters.get('application_name') ?? 'scrollback',
    ...(parameters.has('options') && { options: parameters.get('options') }),
    masked: maskUrl(text),
  };
}

function parseUrl(text: string): URL {
  if (text.startsWith('sqlite')) {
    throw new Error(
      'names an SQLite file, which cannot be served; give a postgres:// URL, and bring old conversations in with `scrollback import` (docs/importing.md)',
    );
  }
  const url = URL.parse(withHost(text));
  if (url === null || !schemes.includes(url.protocol)) {
    throw new Error('must look like postgres://user:password@host:5432/database (special characters as %40, %2F …)');
  }
  if (splitsInsidePassword(url)) {
    throw new Error('has an unencoded /, ? or # before its @; in a password write them as %2F, %3F, %23');
  }
  if (url.hostname.includes(',')) throw new Error('names several hosts; give one');
  return url;
}

/** `user:password@/database` means a local host to libpq and nothing to the URL parser. */
const withHost = (text: string): string => text.replace(/^([a-z0-9+]+:\/\/[^/?#]*@)(?=[/?]|$)/, '$1localhost');

/** An unencoded separator in the password ends the host early and leaves the real `@` behind it. */
const splitsInsidePassword = (url: URL): boolean =>
  url.hash !== '' || url.pathname.includes('@') || url.search.includes('@');

function parametersOf(url: URL): Map<string, string> {
  // A plus sign is a plus sign here, unlike in a form.
  const parameters = new Map(new URLSearchParams(url.search.replaceAll('+', '%2B')));
  for (const parameter of parameters.keys()) {
    if (!usedParameters.includes(parameter) && !harmlessParameters.includes(parameter)) {
      throw new Error(`has the parameter "${parameter}", which is not known here; remove it or correct its spelling`);
    }
  }
  return parameters;
}

function plain(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw new Error('has a % that begins no %-code; write a percent sign as %25');
  }
}

const passwordOf = (password: string): { password?: string } => (password === '' ? {} : { password });

function portOf(text: string): number {
  const port = Number(text === '' ? 5432 : text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error('has a port that is not one of 1 to 65535');
  return port;
}

function databaseNameOf(name: string): string {
  if (name === '') throw new Error('names no database; add it after the host, as in …@host:5432/database');
  return name;
}

function bindsChannel(word: string | undefined, withoutTls: boolean): boolean {
  if (word === undefined || word === 'disable') return false;
  if (word === 'prefer') return true;
  if (word !== 'require') throw new Error(`has channel_binding=${word}; it must be disable, prefer or require`);
  if (withoutTls) throw new Error('asks for channel_binding=require without TLS; add sslmode=require');
  return true;
}

function connectTimeoutOf(parameters: ReadonlyMap<string, string>): { connectionTimeoutMillis?: number } {
  const text = parameters.get('connect_timeout');
  if (text === undefined) return {};
  if (!/^\d+$/.test(text)) throw new Error('has a connect_timeout that is not a whole number of seconds');
  return { connectionTimeoutMillis: Number(text) * 1000 };
}

/** The URL for people: without its password and without any parameter that we do not know to be harmless. */
export function maskUrl(text: string): string {
  const scheme = /^[a-z0-9+]+:/i.exec(text)?.[0] ?? '';
  const url = URL.parse(withHost(text));
  if (url === null || !schemes.includes(url.protocol) || splitsInsidePassword(url)) return `${scheme}//***`;
  const credentials = url.username === '' ? '' : `${url.username}${url.password === '' ? '' : ':***'}@`;
  return `${url.protocol}//${credentials}${url.host}${url.pathname}${maskedSearch(url)}`;
}

function maskedSearch(url: URL): string {
  const shown = [...url.searchParams].map(([name, value]) => {
    const harmless = name !== 'password' && usedParameters.includes(name);
    return `${harmless ? name : '***'}=${harmless ? value : '***'}`;
  });
  return shown.length === 0 ? '' : `?${shown.join('&')}`;
}
