import { pino, type Logger } from 'pino';
import { loggedError, masked } from './log-error.ts';

export type Log = Logger;

/** Key names whose values never reach a log line, whatever object carries them. */
const secretKeys = [
  'authorization',
  'password',
  'token',
  'secret',
  'connectionString',
  'url',
  'x-internal-auth',
  'cookie',
];

/**
 * The process's logger: JSON lines on standard error, human-readable ones when `pretty`.
 * Standard output stays free for what a command prints as its result.
 */
export function createLog(options: { level: string; pretty: boolean; file?: string }): Log {
  const redact = { paths: secretKeys.flatMap((key) => [`["${key}"]`, `*["${key}"]`]), censor: '***' };
  const serializers = {
    err: loggedError,
    error: (error: unknown) => (typeof error === 'string' ? masked(error) : loggedError(error)),
  };
  const base = { level: options.level, redact, serializers, base: null };
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
