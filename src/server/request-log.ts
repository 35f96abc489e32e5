import { AsyncLocalStorage } from 'node:async_hooks';
import type { Log } from '../shared/log.ts';

/** The log of the request that is being answered, with its id; for code that is called without being told of the request. */
export const requestLog = new AsyncLocalStorage<Log>();
