import { AsyncLocalStorage } from 'node:async_hooks';
import type { Log } from '../shared/log.ts';
import type { AdmittedOperation } from './admission/admission.ts';

export interface CurrentOperation {
  /** With the request's id. */
  readonly log: Log;
  readonly admitted: AdmittedOperation;
}

/** The operation that Apollo Server runs, for code that it calls without being told of ours. */
export const currentOperation = new AsyncLocalStorage<CurrentOperation>();
