import { createLog, silentLog, type Log } from '../../src/shared/log.ts';

const { TEST_LOG: level, TEST_LOG_FILE: file } = process.env;

/** TEST_LOG=debug shows what gateways log in tests; TEST_LOG_FILE collects it, at the level debug. */
export function testLog(): Log {
  if (file !== undefined) return createLog({ level: 'debug', pretty: false, file });
  return level === undefined ? silentLog() : createLog({ level, pretty: false });
}
