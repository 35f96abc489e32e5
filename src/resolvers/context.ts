import type { Viewer } from '../services/identity/viewer.ts';
import { Reader, type Databases } from '../services/reading/reader.ts';
import type { Services } from '../services/services.ts';
import type { Watches } from '../services/live/watches.ts';
import { ScrollbackError } from '../shared/errors.ts';

/** What stays the same for all operations of a gateway. */
export interface Gateway {
  readonly databases: Databases;
  readonly services: Services;
  readonly watches: Watches;
}

/** One operation: who asks, and what was read for it so far. */
export class OperationContext {
  readonly services: Services;
  readonly watches: Watches;
  readonly requestId: string;
  readonly #databases: Databases;
  readonly #viewer: Viewer | null;
  #reader: Reader | undefined;

  constructor(gateway: Gateway, viewer: Viewer | null, requestId: string) {
    this.services = gateway.services;
    this.watches = gateway.watches;
    this.requestId = requestId;
    this.#databases = gateway.databases;
    this.#viewer = viewer;
  }

  get viewer(): Viewer {
    if (this.#viewer === null) {
      throw new ScrollbackError(
        'UNAUTHENTICATED',
        'This needs a token: send `Authorization: Bearer <token>`, over websockets in the payload of connection_init.',
      );
    }
    return this.#viewer;
  }

  get reader(): Reader {
    this.#reader ??= new Reader(this.#databases, this.viewer);
    return this.#reader;
  }
}
