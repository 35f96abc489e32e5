import type { GraphQLSchema } from 'graphql';
import type { Limits } from '../config/limits.ts';
import type { Planner } from '../read-plans/planner.ts';
import type { Gateway } from '../resolvers/context.ts';
import type { RevocableAuthenticator } from '../services/identity/revocable-authenticator.ts';
import type { Log } from '../shared/log.ts';
import type { Admission } from './admission/admission.ts';
import type { Seats } from './admission/seats.ts';
import type { ClientAddress, OriginOf } from './client-address.ts';
import type { LargeInputs } from './large-inputs.ts';
import type { OriginPolicy } from './origins.ts';

/** What all transports share. */
export interface Edge {
  readonly schema: GraphQLSchema;
  readonly planner: Planner;
  readonly gateway: Gateway;
  readonly authenticator: RevocableAuthenticator;
  readonly admission: Admission;
  readonly largeInputs: LargeInputs;
  /** Of websockets and event streams together. */
  readonly sockets: Seats;
  readonly clientAddress: ClientAddress;
  readonly originOf: OriginOf;
  readonly origins: OriginPolicy;
  readonly limits: Limits;
  readonly log: Log;
  /** Readiness is red, and what comes is still served. */
  readonly isDraining: () => boolean;
  /** Nothing new is begun any more. */
  readonly isClosing: () => boolean;
}
