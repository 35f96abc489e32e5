import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { StartupError } from '../shared/errors.ts';
import type { DatabaseConfig, DatabaseLimits } from './database-config.ts';
import { databaseConfigOf } from './database-url.ts';
import { limitsOf as requestLimitsOf, type Limits } from './limits.ts';
import { warnOfMisspelt } from './misspelt.ts';
import { readSettings, type Variables } from './problems.ts';
import type { SettingName, Settings } from './settings.ts';

export type Mode = 'development' | 'production' | 'test';

/** A database of your own, and the roads to it. */
export interface ExternalDatabase {
  readonly main: DatabaseConfig;
  /** The tables' owner, for migrations; the same as `main` unless configured. */
  readonly owner: DatabaseConfig;
  /** Past the pooler, for wake-ups; the same as `main` unless configured. */
  readonly direct: DatabaseConfig;
  readonly replica: DatabaseConfig | null;
}

/** Where the keys come from that tokens are checked with. */
export type KeySource =
  | { readonly kind: 'jwks-url'; readonly url: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'built-in' };

export interface Config {
  readonly mode: Mode;
  /** Absolute path of the folder that holds the embedded server's data and our own keys. */
  readonly dataFolder: string;
  readonly migrateOnStart: boolean;
  readonly log: { readonly level: string };
  readonly http: HttpConfig;
  readonly databases: {
    /** null = embedded */
    readonly agentRuntime: ExternalDatabase | null;
    /** null = embedded */
    readonly authService: ExternalDatabase | null;
    /** For `databaseConfigOf` of the embedded databases. */
    readonly limits: DatabaseLimits;
    /** Whether viewers' reads go through row-level security. */
    readonly rowSecurity: boolean;
  };
  readonly auth: AuthConfig;
  /** null = sessions created without a lifetime of their own do not expire. */
  readonly sessions: { readonly lifetimeSeconds: number | null };
  readonly live: LiveConfig;
  readonly metrics: MetricsConfig;
  /** One sentence each; the settings hold, but somebody probably meant something else. */
  readonly warnings: readonly string[];
}

export interface LiveConfig {
  readonly pollIntervalMs: number;
  /** The ways to be woken that are tried, the best one first; the poll is on in any case. */
  readonly wakeUps: readonly WakeUp[];
  /** null = gateways have no bus in common. */
  readonly bus: BusConfig | null;
  readonly cursors: CursorLifetime;
}

export type WakeUp = 'bus' | 'slot' | 'notify';

/** NATS servers, and how to be let in. */
export interface BusConfig {
  readonly servers: readonly string[];
  readonly user: string | null;
  readonly password: string | null;
  readonly credentialsFile: string | null;
  readonly tls: boolean;
  readonly caFile: string | null;
}

export interface MetricsConfig {
  /** At /metrics of the gateway's own port. */
  readonly onGatewayPort: boolean;
  /** null = no port of their own. */
  readonly port: number | null;
  readonly host: string;
}

/** How long the cursors that clients keep are good for. */
export interface CursorLifetime {
  readonly rotateAfterDays: number;
  readonly lifetimeDays: number;
}

export interface HttpConfig {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Allowed besides the gateway's own origin. */
  readonly allowedOrigins: readonly string[];
  /** Whether pages of localhost, on any port, are allowed too. */
  readonly allowLocalhostOrigins: boolean;
  /** Whether the schema is that of a subgraph. */
  readonly federation: boolean;
  readonly graphiql: boolean;
  readonly introspection: boolean;
  /** Proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  /** null = plain HTTP. */
  readonly tls: TlsFiles | null;
  /** Whether documents may be sent as the hash of one that was sent before. */
  readonly persistedQueries: boolean;
  /** Whether nothing but registered documents is run. */
  readonly trustedDocumentsOnly: boolean;
  readonly limits: Limits;
  readonly shutdown: ShutdownConfig;
}

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface ShutdownConfig {
  /** How long running operations get. */
  readonly graceMs: number;
  /** Over how long the closing of sockets is spread at the most. */
  readonly spreadMs: number;
  /** How long everything goes on while readiness is red already. */
  readonly delayMs: number;
}

export interface AuthConfig {
  readonly keys: KeySource;
  readonly issuer: string;
  readonly audience: string;
  readonly clockToleranceSeconds: number;
  /** null = internal services are not admitted. */
  readonly internalApiKey: string | null;
}

/** Reads the environment over the `.env` file; every wrong setting is named in the one error that this throws. */
export function loadConfig(env: NodeJS.ProcessEnv, options: { envFile?: string } = {}): Config {
  const file = readEnvFile(options.envFile);
  const variables = withoutEmpty({ ...file, ...env });
  const outcome = readSettings(variables);
  if ('problems' in outcome) {
    throw new StartupError(['Some settings are not right:', ...outcome.problems].join('\n  '));
  }
  return configOf(outcome.settings, warnOfMisspelt(Object.keys(withoutEmpty(env)), Object.keys(withoutEmpty(file))));
}

const withoutEmpty = (variables: Variables): Variables =>
  Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined && value.trim() !== ''));

/** A file that was asked for must be there; the usual one may be missing. */
function readEnvFile(envFile: string | undefined): Variables {
  try {
    return parseEnv(readFileSync(envFile ?? '.env', 'utf8'));
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    if (missing && envFile === undefined) return {};
    throw new StartupError(`The settings file ${resolve(envFile ?? '.env')} cannot be read.`, cause);
  }
}

function configOf(settings: Settings, warnings: readonly string[]): Config {
  return Object.freeze({
    mode: settings.NODE_ENV,
    dataFolder: resolve(settings.SCROLLBACK_DATA),
    migrateOnStart: settings.MIGRATE_ON_START,
    log: Object.freeze({ level: settings.LOG_LEVEL }),
    http: httpOf(settings),
    databases: databasesOf(settings),
    auth: authOf(settings),
    sessions: Object.freeze({ lifetimeSeconds: settings.SESSION_LIFETIME_SECONDS || null }),
    live: liveOf(settings),
    metrics: metricsOf(settings),
    warnings: Object.freeze(warnings),
  });
}

function liveOf(settings: Settings): LiveConfig {
  return Object.freeze({
    pollIntervalMs: settings.LIVE_POLL_INTERVAL_MS,
    wakeUps: Object.freeze(wakeUpsOf(settings)),
    bus: settings.NATS_URL === undefined ? null : Object.freeze(busOf(settings.NATS_URL, settings)),
    cursors: Object.freeze({
      rotateAfterDays: settings.CURSOR_KEY_ROTATION_DAYS,
      lifetimeDays: settings.CURSOR_LIFETIME_DAYS,
    }),
  });
}

function wakeUpsOf({ LIVE_WAKEUPS: chosen, LIVE_NOTIFY: notify, NATS_URL: bus }: Settings): WakeUp[] {
  if (chosen === 'poll') return [];
  if (chosen !== 'auto') return [chosen];
  return [...(bus === undefined ? [] : (['bus'] as const)), 'slot', ...(notify ? (['notify'] as const) : [])];
}

function busOf(urls: readonly string[], settings: Settings): BusConfig {
  const [first] = urls.map((url) => new URL(url));
  return {
    servers: urls.map((url) => new URL(url).host),
    user: decodeURIComponent(first?.username ?? '') || null,
    password: decodeURIComponent(first?.password ?? '') || null,
    credentialsFile: settings.NATS_CREDENTIALS_FILE ?? null,
    tls: first?.protocol === 'tls:' || settings.NATS_CA_FILE !== undefined,
    caFile: settings.NATS_CA_FILE ?? null,
  };
}

/** Where others can reach the gateway, they need not know how it is; so in production metrics have a port of their own or none. */
function metricsOf(settings: Settings): MetricsConfig {
  const { port, host } = { port: settings.METRICS_PORT ?? null, host: settings.METRICS_HOST ?? httpOf(settings).host };
  const onGatewayPort = settings.METRICS_ON_GATEWAY_PORT ?? (port === null && settings.NODE_ENV !== 'production');
  return Object.freeze({ onGatewayPort, port, host });
}

function httpOf(settings: Settings): HttpConfig {
  const production = settings.NODE_ENV === 'production';
  return Object.freeze({
    host: settings.HOST ?? (production ? '0.0.0.0' : '127.0.0.1'),
    port: settings.PORT,
    allowedOrigins: Object.freeze(settings.ALLOWED_ORIGINS ?? []),
    allowLocalhostOrigins: !production,
    federation: settings.FEDERATION,
    graphiql: settings.GRAPHIQL ?? !production,
    introspection: settings.INTROSPECTION ?? !production,
    trustedProxies: Object.freeze(settings.TRUST_PROXY ?? []),
    tls: tlsFilesOf(settings),
    persistedQueries: settings.PERSISTED_QUERIES,
    trustedDocumentsOnly: settings.TRUSTED_DOCUMENTS,
    limits: requestLimitsOf(settings),
    shutdown: Object.freeze({
      graceMs: settings.SHUTDOWN_GRACE_MS,
      spreadMs: settings.SHUTDOWN_SPREAD_MS,
      delayMs: settings.SHUTDOWN_DELAY_MS,
    }),
  });
}

function tlsFilesOf({ TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile }: Settings): TlsFiles | null {
  return certFile === undefined || keyFile === undefined ? null : Object.freeze({ certFile, keyFile });
}

function databasesOf(settings: Settings): Config['databases'] {
  const limits = limitsOf(settings);
  return Object.freeze({
    agentRuntime: externalOf('AGENT_RUNTIME', settings, limits),
    authService: externalOf('AUTH_SERVICE', settings, limits),
    limits,
    rowSecurity: settings.ROW_LEVEL_SECURITY,
  });
}

function limitsOf(settings: Settings): DatabaseLimits {
  const timeout = settings.DB_STATEMENT_TIMEOUT_MS;
  return Object.freeze({
    max: settings.DB_POOL_SIZE,
    connectionTimeoutMillis: settings.DB_CONNECT_TIMEOUT_MS,
    ...(timeout > 0 && { statement_timeout: timeout }),
  });
}

function externalOf(
  service: 'AGENT_RUNTIME' | 'AUTH_SERVICE',
  settings: Settings,
  limits: DatabaseLimits,
): ExternalDatabase | null {
  const read = (name: SettingName): DatabaseConfig | null => {
    const url = settings[name];
    return typeof url === 'string' ? databaseConfigOf(url, name, limits) : null;
  };
  const main = read(`${service}__DB_URL`);
  if (main === null) return null;
  return Object.freeze({
    main,
    owner: read(`${service}__MIGRATION_DB_URL`) ?? main,
    direct: read(`${service}__DIRECT_DB_URL`) ?? main,
    replica: read(`${service}__REPLICA_DB_URL`),
  });
}

function authOf(settings: Settings): AuthConfig {
  return Object.freeze({
    keys: Object.freeze(keySourceOf(settings)),
    issuer: settings.AUTH_ISSUER,
    audience: settings.AUTH_AUDIENCE,
    clockToleranceSeconds: settings.AUTH_CLOCK_TOLERANCE_SECONDS,
    internalApiKey: settings.INTERNAL_API_KEY ?? null,
  });
}

function keySourceOf(settings: Settings): KeySource {
  if (settings.AUTH_JWKS_URL !== undefined) return { kind: 'jwks-url', url: settings.AUTH_JWKS_URL };
  if (settings.AUTH_PUBLIC_KEY_FILE !== undefined)
    return { kind: 'file', path: resolve(settings.AUTH_PUBLIC_KEY_FILE) };
  return { kind: 'built-in' };
}
