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
  /** Of all sessions, with each message's session. */
  readonly nested?: boolean;
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
  /** Asks for a field that is read after the event was handed on, and can fail by itself. */
  nested: `subscription ($after: String) { edge: messageFeed(after: $after) { cursor node { id sequence session { id } } } }`,
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
    const { sessionId, nested } = this.#options;
    const query = sessionId !== null ? operations.session : nested === true ? operations.nested : operations.all;
    // The client sends this very object again on every reconnect; so what is written into its variables is what it resumes with.
    const payload = { query, variables: this.#variables as unknown as Record<string, unknown> };
    this.#unsubscribe = this.#client.subscribe<{ edge: Edge }>(payload, {
      next: ({ data, errors }) => {
        for (const error of errors ?? []) this.#note(codeOf(error));
        // Without its data the event is not handled: from the last cursor it comes again.
        if (data?.edge) this.#take(data.edge);
        else this.#unsubscribe();
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
  let socket: WebSocket | undefined;
  return createClient({
    url: () => random.pick(urls),
    webSocketImpl: WebSocket,
    connectionParams: { 'x-internal-auth': internalApiKey },
    connectionAckWaitTimeout: 3000,
    retryAttempts: Infinity,
    shouldRetry: () => true,
    retryWait: () => new Promise((resolve) => setTimeout(resolve, 20 + random.below(200))),
    keepAlive: pingMs,
    on: {
      opened: (opened) => (socket = opened as WebSocket),
      ping: (received) => {
        if (!received) pongTimeout = setTimeout(() => giveUp(socket), pongTimeoutMs);
      },
      pong: (received) => {
        if (received) clearTimeout(pongTimeout);
      },
      closed: () => clearTimeout(pongTimeout),
    },
  });
}

/**
 * Not the client's own `terminate()`: that one leaves the socket open for a goodbye and goes on listening to it, and a
 * gateway that was only frozen then delivers on the old socket what the new one delivers too.
 */
function giveUp(socket: WebSocket | undefined): void {
  if (socket === undefined) return;
  socket.removeAllListeners('message');
  socket.terminate();
}
