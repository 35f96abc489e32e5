import { accessSync, constants } from 'node:fs';
import { z } from 'zod';
import { databaseConfigOf } from './database-url.ts';

// Each kind of value has one rule and one sentence, which completes "NAME …".

const text = () => z.string();

const oneOf = <Words extends readonly [string, ...string[]]>(...words: Words) =>
  z.enum(words, `must be one of ${words.join(', ')}`);

const wholeNumber = (from: number, to: number) =>
  z
    .string()
    .refine((value) => /^\d+$/.test(value) && Number(value) >= from && Number(value) <= to, {
      error: `must be a whole number from ${from} to ${to}`,
    })
    .transform(Number);

const onOff = () => z.stringbool({ error: 'must be true or false' });

const secretText = (length: number) => z.string().min(length, `must have at least ${length} characters`);

const httpUrl = () => z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' });

const readableFile = () => z.string().refine(isReadable, { error: 'must be the path of a file that can be read' });

const origins = () =>
  z
    .string()
    .transform((list) => list.split(',').map((origin) => origin.trim()))
    .refine((list) => list.every(isOrigin), {
      error: 'must be a comma-separated list such as https://app.example.org',
    });

const natsUrls = () =>
  z
    .string()
    .transform((list) => list.split(',').map((server) => server.trim()))
    .refine((list) => list.every((server) => /^(nats|tls):$/.test(URL.parse(server)?.protocol ?? '')), {
      error: 'must look like nats://user:password@host:4222, with tls:// for TLS, several separated by commas',
    });

/** The URL stays text here, because its configuration also needs the limits; it is only checked. */
const databaseUrl = () =>
  z.string().check((context) => {
    try {
      databaseConfigOf(context.value, '');
    } catch (error) {
      const message = error instanceof Error ? error.message.trim() : 'cannot be read';
      context.issues.push({ code: 'custom', input: context.value, message });
    }
  });

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function isOrigin(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && url.origin === value && /^https?:$/.test(url.protocol);
}

const twoWeeksMs = 14 * 24 * 3600 * 1000;
const tenYearsSeconds = 10 * 366 * 24 * 3600;

/** Every setting there is; an optional one without a default takes its value from the mode or from another setting. */
export const settingsSchema = z.object({
  NODE_ENV: oneOf('development', 'production', 'test').default('development'),
  HOST: text().optional(),
  PORT: wholeNumber(0, 65_535).default(4000),
  ALLOWED_ORIGINS: origins().optional(),
  FEDERATION: onOff().default(false),
  GRAPHIQL: onOff().optional(),
  INTROSPECTION: onOff().optional(),
  SHUTDOWN_GRACE_MS: wholeNumber(0, 600_000).default(10_000),
  LOG_LEVEL: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent').default('info'),

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
