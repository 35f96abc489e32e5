import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { Delivery, Recording } from './checker.ts';
import { internalApiKey } from './gateway-process.ts';
import type { SeededRandom } from './random.ts';

export interface RecorderOptions {
  readonly client: string;
  /** Addresses to choose from at every connect. */
  readonly urls: readonly string[];
  /** The session to follow; null: all. */
  readonly sessionId: string | null;
  readonly start: Start;
  readonly random: SeededRandom;
  readonly received?: (messageId: string) => void;
}

/** Where a recorder begins: the cursor, and what it means to the checker. */
export interface Start {
  readonly cursor: string;
  readonly place: number;
}

interface Edge {
  readonly cursor: string;
  readonly node: { readonly id: string; readonly sequence: number };
}

const operations = {
  session: `subscription ($sessionId: ID!, $after: String) {
    edge: messageAdded(sessionId: $sessionId, after: $after) { cursor node { id sequence } } }`,
  all: `subscription ($after: String) { edge: messageFeed(after: $after) { cursor node { id sequence } } }`,
};

const pingMs = 1000;
const pongTimeoutMs = 2000;

/** A client as we recommend them: it resumes with its last cursor, and counts for itself. */
export class Recorder {
  readonly deliveries: Delivery[] = [];
  /** Why subscriptions ended, by code; a client that resumes shows nobody any of it. */
  readonly endings = new Map<string, number>();
  /** How often the number was not the last one plus one; only the follower of one session can tell. */
  gaps = 0;
  readonly #options: RecorderOptions;
  readonly #variables: { sessionId?: string; after: string };
  readonly #client: Client;
  #last: number;
  #stopped = false;
  #unsubscribe: () => void = () => undefined;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#last = options.start.place;
    this.#variables = {
      ...(options.sessionId === null ? {} : { sessionId: options.sessionId }),
      after: options.start.cursor,
    };
    this.#client = clientOf(options);
    this.#subscribe();
  }

  recording(): Recording {
    const { client, sessionId, start } = this.#options;
    return { client, sessionId, after: start.place, deliveries: this.deliveries };
  }

  /** The cursor of the last event, to go on from. */
  get cursor(): string {
    return this.#variables.after;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#unsubscribe();
    await this.#client.dispose();
  }

  #subscribe(): void {
    if (this.#stopped) return;
    const query = this.#options.sessionId === null ? operations.all : operations.session;
    // The client sends this very object again on every reconnect; so what is written into its variables is what it resumes with.
    const payload = { query, variables: this.#variables as unknown as Record<string, unknown> };
    this.#unsubscribe = this.#client.subscribe<{ edge: Edge }>(payload, {
      next: ({ data, errors }) => {
        if (data?.edge) this.#take(data.edge);
        for (const error of errors ?? []) this.#note(codeOf(error));
      },
      error: (error) => {
        if (Array.isArray(error)) for (const each of error) this.#note(codeOf(each));
        else this.#note(`closed ${(error as { code?: number }).code ?? String(error)}`);
        this.#subscribeLater();
      },
      complete: () => this.#subscribeLater(),
    });
  }

  #subscribeLater(): void {
    if (!this.#stopped) setTimeout(() => this.#subscribe(), 50 + this.#options.random.below(100));
  }

  #take({ cursor, node }: Edge): void {
    const messageId = keyOf(node.id);
    this.deliveries.push({ messageId, sequence: node.sequence });
    this.#variables.after = cursor;
    if (this.#options.sessionId !== null && node.sequence !== this.#last + 1) this.gaps += 1;
    this.#last = node.sequence;
    this.#options.received?.(messageId);
  }

  #note(code: string): void {
    this.endings.set(code, (this.endings.get(code) ?? 0) + 1);
  }
}

const codeOf = (error: unknown): string => {
  const { code, reason } = (error as { extensions?: Record<string, unknown> }).extensions ?? {};
  return String(reason ?? code ?? error);
};

/** The database's id in a global one. */
export const keyOf = (globalId: string): string =>
  Buffer.from(globalId, 'base64url').toString().split(':').slice(1).join(':');

function clientOf({ urls, random }: RecorderOptions): Client {
  let pongTimeout: NodeJS.Timeout | undefined;
  const client = createClient({
    url: () => random.pick(urls),
    webSocketImpl: WebSocket,
    connectionParams: { 'x-internal-auth': internalApiKey },
    connectionAckWaitTimeout: 3000,
    retryAttempts: Infinity,
    shouldRetry: () => true,
    retryWait: () => new Promise((resolve) => setTimeout(resolve, 20 + random.below(200))),
    keepAlive: pingMs,
    on: {
      ping: (received) => {
        if (!received) pongTimeout = setTimeout(() => client.terminate(), pongTimeoutMs);
      },
      pong: (received) => {
        if (received) clearTimeout(pongTimeout);
      },
      closed: () => clearTimeout(pongTimeout),
    },
  });
  return client;
}
