import { createClient, type Client, type FormattedExecutionResult } from 'graphql-ws/client';
import {
  completed,
  connectionInterrupted,
  interruptionOfClose,
  interruptionOfErrors,
  interruptionOfSocket,
  type Interruption,
} from './interruption.ts';

export type Answer = FormattedExecutionResult<Record<string, unknown>, unknown>;

export interface Operation {
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

export interface AnswerSink {
  next(answer: Answer): void;
  /** Called once; nothing comes after it. */
  end(interruption: Interruption): void;
}

export type WebSocketClass = new (
  url: string,
  protocols?: string,
) => { addEventListener(type: 'error', listener: () => void): void };

export interface ConnectionSettings {
  readonly url: string;
  readonly webSocketImpl: WebSocketClass;
  /** From the first byte sent to the gateway's acknowledgement. */
  readonly ackTimeoutMs: number;
  readonly pingIntervalMs: number;
  readonly pongTimeoutMs: number;
  /** A connection that lasted so long counts as one that worked, also when nothing was said on it. */
  readonly healthyAfterMs: number;
  readonly now: () => number;
}

/**
 * One socket's life: opened, acknowledged, used, ended once. It is never opened again, for graphql-ws would send the
 * same operations with the cursors of long ago; what comes after is another connection with a fresh token.
 */
export class Connection {
  /** Why it ended; undefined while it lasts. */
  interruption: Interruption | undefined;
  /** Resolves when the gateway has taken the credentials; rejects with the interruption. */
  readonly acknowledged: Promise<void>;
  readonly #settings: ConnectionSettings;
  readonly #client: Client;
  #settle: (interruption?: Interruption) => void = () => undefined;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #acknowledgedAt: number | undefined;
  #wasUseful = false;

  constructor(settings: ConnectionSettings, credentials: Record<string, string>) {
    this.#settings = settings;
    this.acknowledged = new Promise((resolve, reject) => {
      this.#settle = (interruption) => (interruption === undefined ? resolve() : reject(interruption));
    });
    this.#expect('acknowledgement', settings.ackTimeoutMs);
    this.#client = createClient({
      url: settings.url,
      connectionParams: credentials,
      webSocketImpl: withoutUnheardErrors(settings.webSocketImpl),
      lazy: false,
      retryAttempts: 0,
      onNonLazyError: () => undefined,
      keepAlive: settings.pingIntervalMs,
      on: {
        connected: () => this.#connected(),
        ping: (received) => received || this.#expect('pong', settings.pongTimeoutMs),
        pong: (received) => received && clearTimeout(this.#deadline),
        error: (cause) => this.#end(interruptionOfSocket(cause)),
        closed: (event) => this.#end(interruptionOfClose(event)),
      },
    });
  }

  get wasHealthy(): boolean {
    const { now, healthyAfterMs } = this.#settings;
    return this.#wasUseful || (this.#acknowledgedAt !== undefined && now() - this.#acknowledgedAt >= healthyAfterMs);
  }

  /** Something new came over it. */
  noteProgress(): void {
    this.#wasUseful = true;
  }

  subscribe(operation: Operation, sink: AnswerSink): () => void {
    if (this.interruption !== undefined) {
      sink.end(this.interruption);
      return () => undefined;
    }
    return this.#client.subscribe(operation, {
      next: (answer) => sink.next(answer),
      error: (cause) => sink.end(this.interruption ?? interruptionOfSink(cause)),
      complete: () => sink.end(this.interruption ?? completed()),
    });
  }

  close(): void {
    this.#end(connectionInterrupted('The client was closed.', 'CLOSED'));
  }

  #connected(): void {
    clearTimeout(this.#deadline);
    this.#acknowledgedAt = this.#settings.now();
    this.#settle();
  }

  /** One deadline is enough: pings start after the acknowledgement, and the next one waits for the last one's pong. */
  #expect(what: string, withinMs: number): void {
    this.#deadline = setTimeout(() => {
      this.#end(connectionInterrupted(`No ${what} came within ${withinMs} ms.`, 'TIMED_OUT'));
      this.#client.terminate();
    }, withinMs);
  }

  #end(interruption: Interruption): void {
    if (this.interruption !== undefined) return;
    this.interruption = interruption;
    clearTimeout(this.#deadline);
    // A disposed client connects no more, whatever the socket was closed with.
    Promise.resolve(this.#client.dispose()).catch(() => undefined);
    if (this.#acknowledgedAt === undefined) this.#client.terminate();
    this.#settle(interruption);
  }
}

const interruptionOfSink = (cause: unknown): Interruption =>
  Array.isArray(cause) ? interruptionOfErrors(cause) : interruptionOfSocket(cause);

/** graphql-ws takes its listeners off a socket that it gives up, and `ws` throws an error that nobody hears. */
function withoutUnheardErrors(webSocketImpl: WebSocketClass): WebSocketClass {
  return class extends webSocketImpl {
    constructor(url: string, protocols?: string) {
      super(url, protocols);
      this.addEventListener('error', () => undefined);
    }
  };
}
