import { pino, type Bindings, type Logger } from 'pino';
import { loggedError, masked } from './log-error.ts';

export type Log = Logger;

/** Key names, in small letters, whose values never reach a log line, whatever object carries them. */
const secretKeys = new Set([
  'authorization',
  'password',
  'token',
  'accesstoken',
  'access_token',
  'refreshtoken',
  'refresh_token',
  'secret',
  'apikey',
  'connectionstring',
  'url',
  'x-internal-auth',
  'cookie',
  'set-cookie',
]);

const maxDepth = 5;

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' &&
  value !== null &&
  (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype);

/** Every operation has a line, so nothing is copied where nothing is masked; pino's own way of redacting copies all of it. */
function withoutSecrets(held: Record<string, unknown>, depth = maxDepth): Record<string, unknown> {
  let clean = held;
  for (const [key, value] of Object.entries(held)) {
    const shown = secretKeys.has(key.toLowerCase()) ? '***' : shownOf(value, depth);
    if (shown === value) continue;
    if (clean === held) clean = (Array.isArray(held) ? [...(held as unknown[])] : { ...held }) as typeof held;
    clean[key] = shown;
  }
  return clean;
}

const shownOf = (value: unknown, depth: number): unknown =>
  isPlain(value) && depth > 0 ? withoutSecrets(value, depth - 1) : value;

type Bind = (this: unknown, bindings: Bindings, options?: object) => unknown;

/** pino formats lines only; what is bound to a child it writes as it is. Children inherit this. */
function maskBindings(log: Log): Log {
  const binding = log as unknown as { child: Bind };
  const bind = binding.child;
  binding.child = function child(bindings, options) {
    return bind.call(this, withoutSecrets(bindings), options);
  };
  return log;
}

/**
 * The process's logger: JSON lines on standard error, human-readable ones when `pretty`.
 * Standard output stays free for what a command prints as its result.
 */
export function createLog(options: { level: string; pretty: boolean; file?: string }): Log {
  const serializers = {
    err: loggedError,
    error: (error: unknown) => (typeof error === 'string' ? masked(error) : loggedError(error)),
  };
  const base = { level: options.level, formatters: { log: withoutSecrets }, serializers, base: null };
  if (options.pretty) {
    return maskBindings(
      pino({
        ...base,
        transport: {
          target: 'pino-pretty',
          options: { destination: 2, ignore: 'pid,hostname', singleLine: true, translateTime: 'HH:MM:ss.l' },
        },
      }),
    );
  }
  // A write of its own for every line is a tenth of the work of a small query. What is left is written at exit.
  const buffered = { sync: false, minLength: 4096, periodicFlush: 100 };
  const destination = pino.destination(options.file === undefined ? { dest: 2, ...buffered } : options.file);
  return maskBindings(pino(base, destination));
}

export const silentLog = (): Log => pino({ level: 'silent' });
