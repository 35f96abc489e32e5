import { rightsOf, type Viewer } from '../services/identity/viewer.ts';
import { Reader, type Databases } from '../services/reading/reader.ts';
import type { Services } from '../services/services.ts';
import type { Watches } from '../services/live/watches.ts';
import { ScrollbackError } from '../shared/errors.ts';
import type { Leaving } from '../shared/leaving.ts';
import { operations } from '../shared/metrics.ts';

const maxNodes = 50_000;

/** What stays the same for all operations of a gateway. */
export interface Gateway {
  readonly databases: Databases;
  readonly services: Services;
  readonly watches: Watches;
}

/**
 * One operation: who asks, and what was read for it so far. Its members are private to TypeScript only, because
 * Apollo Server hands resolvers a copy of the object, which true private members do not survive.
 */
export class OperationContext {
  readonly services: Services;
  readonly watches: Watches;
  readonly requestId: string;
  private readonly databases: Databases;
  private readonly givenViewer: Viewer | null;
  private readonly leaving: Leaving | null;
  private operationReader: Reader | undefined;
  private mayLag = false;
  private nodes = 0;
  private readsWithOthers = false;

  /** `leaving` says when nobody waits for the answer any more. */
  constructor(gateway: Gateway, viewer: Viewer | null, requestId: string, leaving: Leaving | null = null) {
    this.services = gateway.services;
    this.watches = gateway.watches;
    this.requestId = requestId;
    this.databases = gateway.databases;
    this.givenViewer = viewer;
    this.leaving = leaving;
    operations.inc();
  }

  get viewer(): Viewer {
    if (this.givenViewer === null) {
      throw new ScrollbackError(
        'UNAUTHENTICATED',
        'This needs a token: send `Authorization: Bearer <token>`, over websockets in the payload of connection_init.',
      );
    }
    return this.givenViewer;
  }

  /** Counts the nodes of an answer, which nested lists multiply; throws where they become too many. */
  spend(nodes: number): void {
    this.nodes += nodes;
    if (this.nodes > maxNodes) {
      throw new ScrollbackError(
        'QUERY_TOO_COMPLEX',
        `An answer has at most ${maxNodes} nodes. Ask for smaller pages or for fewer lists within lists.`,
        { maximum: maxNodes },
      );
    }
  }

  /** A subscription's next event: it is read and counted anew. */
  startEvent(): void {
    this.nodes = 0;
    if (!this.readsWithOthers) this.reader.forget();
  }

  /** The context of one event that several follow: counted by itself, read together with what else is read in its turn. */
  forSharedEvent(): OperationContext {
    const { services, watches, databases, givenViewer, requestId } = this;
    const context = new OperationContext({ services, watches, databases }, givenViewer, requestId);
    context.readsWithOthers = true;
    return context;
  }

  /** Equal for operations whose viewers are shown the same. */
  get rights(): string {
    return rightsOf(this.viewer);
  }

  /** Said of queries, before anything is read: their answers may come from a replica. */
  allowLag(): void {
    this.mayLag = true;
  }

  get reader(): Reader {
    this.operationReader ??= this.readsWithOthers
      ? this.watches.readerOf(this.viewer)
      : new Reader(this.databases, this.viewer, { mayLag: this.mayLag, leaving: this.leaving });
    return this.operationReader;
  }
}
