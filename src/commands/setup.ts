import { loadConfig, type Config } from '../config/config.ts';
import { createLog, type Log } from '../shared/log.ts';

/** What every command starts with. Warnings about settings are logged, errors end the command. */
export function setUp(): { readonly config: Config; readonly log: Log } {
  const config = loadConfig(process.env);
  const log = createLog({ level: config.log.level, pretty: config.mode !== 'production' });
  for (const warning of config.warnings) log.warn(warning);
  return { config, log };
}
