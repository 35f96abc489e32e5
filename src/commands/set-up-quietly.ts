import type { Config } from '../config/config.ts';
import type { Log } from '../shared/log.ts';
import { setUp } from './setup.ts';

/** For commands whose output is an answer: the log tells of what is wrong only. */
export function setUpQuietly(): { readonly config: Config; readonly log: Log } {
  const { config, log } = setUp();
  if (log.isLevelEnabled('info')) log.level = 'warn';
  return { config, log };
}
