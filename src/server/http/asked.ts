import type { Origin } from '../../services/identity/viewer.ts';
import type { AdmittedOperation } from '../admission/admission.ts';
import type { Caller } from '../admission/caller.ts';
import type { Leaving } from '../../shared/leaving.ts';

/** An operation that came over HTTP and may run. */
export interface Asked {
  readonly admitted: AdmittedOperation;
  readonly caller: Caller;
  readonly requestId: string;
  /** What the client wants to read, without its charset. */
  readonly contentType: string;
  /** Of a mutation, for the audit trail. */
  readonly origin: Origin | null;
  /** Whether the client is gone. */
  readonly leaving: Leaving;
}

export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}
