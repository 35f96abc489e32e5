import { createHash } from 'node:crypto';
import { badInput, ScrollbackError } from '../../shared/errors.ts';
import { ByteCache } from './byte-cache.ts';
import type { OperationRequest } from './operation-request.ts';

/** Documents that somebody registered, by the id that clients send for them. */
export interface RegisteredDocuments {
  textOf(id: string): Promise<string | undefined>;
}

export interface PersistedDocumentOptions {
  readonly registered: RegisteredDocuments;
  /** Whether clients may leave a document here and send its hash from then on. */
  readonly automatic: boolean;
  /** Whether nothing but registered documents is run. */
  readonly registeredOnly: boolean;
  readonly cacheBytes: number;
}

const sha256Pattern = /^[0-9a-f]{64}$/;
const maxIdLength = 200;

/**
 * Finds the text of a request's document: sent along, registered, or left here before. The automatic kind follows
 * Apollo's protocol: `extensions.persistedQuery` with the hash alone, and with the text after PERSISTED_QUERY_NOT_FOUND.
 */
export class PersistedDocuments {
  readonly #options: PersistedDocumentOptions;
  readonly #left: ByteCache<string>;

  constructor(options: PersistedDocumentOptions) {
    this.#options = options;
    this.#left = new ByteCache(options.cacheBytes);
  }

  async textOf(request: OperationRequest): Promise<string> {
    const hash = hashOf(request);
    const id = request.documentId ?? hash;
    if (request.query === null) return this.#find(id ?? '');
    if (hash !== null && sha256(request.query) !== hash)
      throw badInput('`sha256Hash` is not the SHA-256 hash of `query`.');
    if (this.#options.registeredOnly) return this.#registered(request.query, id);
    return request.query;
  }

  /** Called with a document that is in order: others are not worth keeping. */
  remember(request: OperationRequest): void {
    const hash = hashOf(request);
    if (!this.#options.automatic || hash === null || request.query === null) return;
    this.#left.set(hash, request.query, 2 * request.query.length);
  }

  async #find(id: string): Promise<string> {
    const text =
      (this.#options.registeredOnly ? undefined : this.#left.get(id)) ??
      (id.length > maxIdLength ? undefined : await this.#options.registered.textOf(id));
    if (text !== undefined) return text;
    throw new ScrollbackError(
      'PERSISTED_QUERY_NOT_FOUND',
      this.#options.registeredOnly
        ? 'No document is registered under this id; register it with `scrollback documents add`.'
        : 'The document is not known here; send it with `query` beside its hash.',
    );
  }

  async #registered(text: string, id: string | null): Promise<string> {
    const registered = await this.#options.registered.textOf(id ?? sha256(text));
    if (registered === text) return text;
    throw new ScrollbackError(
      'FORBIDDEN',
      'Only registered documents are run here; register this one with `scrollback documents add`.',
      { limit: 'TRUSTED_DOCUMENTS' },
    );
  }
}

function hashOf({ extensions }: OperationRequest): string | null {
  const persisted = extensions['persistedQuery'];
  if (persisted == null) return null;
  const { version, sha256Hash } = persisted as { version?: unknown; sha256Hash?: unknown };
  if (version !== 1 || typeof sha256Hash !== 'string' || !sha256Pattern.test(sha256Hash)) {
    throw badInput('`persistedQuery` must have `version` 1 and `sha256Hash`, 64 hexadecimal digits.');
  }
  return sha256Hash;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
