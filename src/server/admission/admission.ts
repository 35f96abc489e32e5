import type { DocumentNode, OperationDefinitionNode } from 'graphql';
import type { Limits } from '../../config/limits.ts';
import { keysOf, type Caller } from './caller.ts';
import { valueOf } from './cost.ts';
import { operationOf, type Documents, type KnownDocument } from './documents.ts';
import type { OperationRequest } from './operation-request.ts';
import type { Overload } from './overload.ts';
import type { PersistedDocuments } from './persisted-documents.ts';
import type { RateLimiter } from './rate-limits.ts';
import { tooComplex } from './refused.ts';
import { Seats, type Release } from './seats.ts';

/** What an operation may go on with. */
export interface AdmittedOperation {
  readonly document: DocumentNode;
  readonly definition: OperationDefinitionNode;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly cost: { readonly requested: number; readonly maximum: number };
  /** To be called when it has ended. */
  readonly release: Release;
}

export interface AdmissionOptions {
  readonly limits: Limits;
  readonly documents: Documents;
  readonly persisted: PersistedDocuments;
  readonly rates: RateLimiter;
  readonly overload: Overload;
}

const costPerCount = 1_000;
/** Measured: a body of 1 MB takes as much time as twenty small queries, and its garbage as much again from everybody. */
const bytesPerCount = 25_000;
/** Of a document that has to be parsed and validated, which takes more time than most others take to run. */
const charactersPerCount = 2_000;

/**
 * The way of every operation on every transport, from what the client sent to what may run. Transports see to size and
 * identity before, and to execution with a deadline and the masking of errors after.
 *
 * Identity comes first, because most documents are known and cost nothing, while a stranger's could be anything; and
 * because then a document that is refused has cost its user, not an address that many share.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #operations: Seats;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#operations = new Seats('MAX_OPERATIONS', 'operations', options.limits.operations);
  }

  /** What is asked before anything is done for a request or a connection. */
  async enter(address: string): Promise<void> {
    const refusal = this.#options.overload.refusal();
    if (refusal !== null) throw refusal;
    await this.#options.rates.take('address', address, 1);
  }

  /** What is asked when it is known who sends a request of so many bytes, before they are read where that is possible. */
  async charge(caller: Caller, bytes: number): Promise<void> {
    const counts = Math.floor(bytes / bytesPerCount);
    // A stranger's first count was taken at `enter`.
    await this.#take(caller, caller.viewer === null ? counts : counts + 1);
  }

  /** The same for what comes of a request whose length was not known beforehand. */
  async chargeMore(caller: Caller, bytesBefore: number, bytes: number): Promise<void> {
    await this.#take(caller, Math.floor(bytes / bytesPerCount) - Math.floor(bytesBefore / bytesPerCount));
  }

  async admit(request: OperationRequest, caller: Caller): Promise<AdmittedOperation> {
    const { documents, persisted, limits } = this.#options;
    const text = await persisted.textOf(request);
    if (!documents.knows(text)) await this.#take(caller, Math.floor(text.length / charactersPerCount));
    const known = documents.read(text);
    persisted.remember(request);
    const { definition, cost } = operationOf(known, request.operationName);
    const requested = valueOf(cost, request.variables);
    if (requested > limits.document.cost) throw tooCostly(requested, limits.document.cost);
    await this.#take(caller, Math.ceil(requested / costPerCount) - 1);
    const release = this.#operations.take(keysOf(caller));
    return admitted(known, definition, request, { requested, maximum: limits.document.cost }, release);
  }

  /** Operations that run now. */
  get running(): number {
    return this.#operations.total;
  }

  async #take(caller: Caller, count: number): Promise<void> {
    const { rates } = this.#options;
    if (count < 1) return;
    if (caller.viewer === null) return rates.take('address', caller.address, count);
    const { user, tenant } = keysOf(caller);
    if (user !== null) await rates.take('user', user, count);
    if (tenant !== null) await rates.take('tenant', tenant, count);
  }
}

const admitted = (
  { document }: KnownDocument,
  definition: OperationDefinitionNode,
  { operationName, variables }: OperationRequest,
  cost: AdmittedOperation['cost'],
  release: Release,
): AdmittedOperation => ({ document, definition, operationName, variables, cost, release });

const tooCostly = (requested: number, maximum: number): Error =>
  tooComplex(
    'MAX_COST',
    maximum,
    `The operation could bring forth ${requested} objects, and at most ${maximum} are allowed; ask for smaller pages (\`first\`) or for fewer lists within lists.`,
  );
