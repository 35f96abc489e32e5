import { pino, type Logger } from 'pino';
import { loggedError, masked } from './log-error.ts';

export type Log = Logger;

/** Key names whose values never reach a log line, whatever object carries them. */
const secretKeys = new Set([
  'authorization',
  'password',
  'token',
  'secret',
  'connectionString',
  'url',
  'x-internal-auth',
  'cookie',
]);

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

const mask = (): string => '***';

/** The keys themselves, in lines and in what is bound to children. */
const masks = Object.fromEntries([...secretKeys].map((key) => [key, mask]));

/**
 * The same one level deeper. Every operation has a line, so nothing is copied where nothing is masked; pino's own way of
 * redacting copies all of it.
 */
function maskWithin(logged: object): Record<string, unknown> {
  let clean = logged as Record<string, unknown>;
  for (const [key, value] of Object.entries(logged)) {
    if (!isPlain(value) || !Object.keys(value).some((inner) => secretKeys.has(inner))) continue;
    if (clean === logged) clean = { ...logged };
    clean[key] = Object.fromEntries(
      Object.entries(value).map(([inner, held]) => [inner, secretKeys.has(inner) ? mask() : held]),
    );
  }
  return clean;
}

/**
 * The process's logger: JSON lines on standard error, human-readable ones when `pretty`.
 * Standard output stays free for what a command prints as its result.
 */
export function createLog(options: { level: string; pretty: boolean; file?: string }): Log {
  const serializers = {
    ...masks,
    err: loggedError,
    error: (error: unknown) => (typeof error === 'string' ? masked(error) : loggedError(error)),
  };
  const base = { level: options.level, formatters: { log: maskWithin }, serializers, base: null };
  if (options.pretty) {
    return pino({
      ...base,
      transport: {
        target: 'pino-pretty',
        options: { destination: 2, ignore: 'pid,hostname', singleLine: true, translateTime: 'HH:MM:ss.l' },
      },
    });
  }
  // A write of its own for every line is a tenth of the work of a small query. What is left is written at exit.
  const buffered = { sync: false, minLength: 4096, periodicFlush: 100 };
  return pino(base, pino.destination(options.file === undefined ? { dest: 2, ...buffered } : options.file));
}

export const silentLog = (): Log => pino({ level: 'silent' });
