import { z } from 'zod';
import { limitSettings } from './limit-settings.ts';
import {
  addressRanges,
  databaseUrl,
  httpUrl,
  natsUrls,
  oneOf,
  onOff,
  origins,
  readableFile,
  secretText,
  text,
  wholeNumber,
} from './setting-kinds.ts';

const twoWeeksMs = 14 * 24 * 3600 * 1000;
const tenYearsSeconds = 10 * 366 * 24 * 3600;

/** Every setting there is; an optional one without a default takes its value from the mode or from another setting. */
export const settingsSchema = z.object({
  NODE_ENV: oneOf('development', 'production', 'test').default('development'),
  HOST: text().optional(),
  PORT: wholeNumber(0, 65_535).default(4000),
  ALLOWED_ORIGINS: origins().optional(),
  FEDERATION: onOff().default(false),
  TRUST_PROXY: addressRanges().optional(),
  TLS_CERT_FILE: readableFile().optional(),
  TLS_KEY_FILE: readableFile().optional(),
  GRAPHIQL: onOff().optional(),
  INTROSPECTION: onOff().optional(),
  SHUTDOWN_GRACE_MS: wholeNumber(0, 600_000).default(10_000),
  SHUTDOWN_SPREAD_MS: wholeNumber(0, 600_000).default(3_000),
  SHUTDOWN_DELAY_MS: wholeNumber(0, 600_000).default(0),
  LOG_LEVEL: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent').default('info'),

  ...limitSettings,

  SCROLLBACK_DATA: text().default('.scrollback'),
  AGENT_RUNTIME__DB_URL: databaseUrl().optional(),
  AGENT_RUNTIME__MIGRATION_DB_URL: databaseUrl().optional(),
  AGENT_RUNTIME__DIRECT_DB_URL: databaseUrl().optional(),
  AGENT_RUNTIME__REPLICA_DB_URL: databaseUrl().optional(),
  AUTH_SERVICE__DB_URL: databaseUrl().optional(),
  AUTH_SERVICE__MIGRATION_DB_URL: databaseUrl().optional(),
  AUTH_SERVICE__DIRECT_DB_URL: databaseUrl().optional(),
  AUTH_SERVICE__REPLICA_DB_URL: databaseUrl().optional(),
  DB_POOL_SIZE: wholeNumber(1, 1000).default(10),
  DB_STATEMENT_TIMEOUT_MS: wholeNumber(0, twoWeeksMs).default(30_000),
  DB_CONNECT_TIMEOUT_MS: wholeNumber(1, 600_000).default(5_000),
  ROW_LEVEL_SECURITY: onOff().default(false),
  MIGRATE_ON_START: onOff().default(true),

  AUTH_JWKS_URL: httpUrl().optional(),
  AUTH_PUBLIC_KEY_FILE: readableFile().optional(),
  AUTH_ISSUER: text().default('https://auth.codelab.local'),
  AUTH_AUDIENCE: text().default('codelab-api'),
  AUTH_CLOCK_TOLERANCE_SECONDS: wholeNumber(0, 300).default(5),
  INTERNAL_API_KEY: secretText(16).optional(),

  SESSION_LIFETIME_SECONDS: wholeNumber(0, tenYearsSeconds).default(0),
  LIVE_POLL_INTERVAL_MS: wholeNumber(50, 60_000).default(500),
  LIVE_WAKEUPS: oneOf('auto', 'poll', 'notify', 'slot', 'bus').default('auto'),
  LIVE_NOTIFY: onOff().default(true),
  METRICS_PORT: wholeNumber(0, 65_535).optional(),
  METRICS_HOST: text().optional(),
  METRICS_ON_GATEWAY_PORT: onOff().optional(),

  NATS_URL: natsUrls().optional(),
  NATS_CREDENTIALS_FILE: readableFile().optional(),
  NATS_CA_FILE: readableFile().optional(),
  CURSOR_KEY_ROTATION_DAYS: wholeNumber(1, 3650).default(30),
  CURSOR_LIFETIME_DAYS: wholeNumber(1, 3650).default(180),
});

export type Settings = z.output<typeof settingsSchema>;
export type SettingName = keyof Settings;

export const settingNames = Object.keys(settingsSchema.shape) as readonly SettingName[];
