import type { WebSocket } from 'ws';
import { deliveries } from '../shared/metrics.ts';

/** Beyond this a socket is given nothing more until the operating system has taken some of it. */
const lowMarkBytes = 16 * 1024;
const patienceMs = 30_000;

/** How fast one socket takes what it is given. All streams of the socket share it. */
export class SocketFlow {
  readonly #socket: WebSocket;
  readonly #stuck: () => void;
  readonly #waiting = new Set<() => void>();
  #unsent = 0;
  #taken: () => void = () => undefined;
  #patience: NodeJS.Timeout | undefined;

  /** `stuck` is called when somebody waits and nothing moves for too long. */
  constructor(socket: WebSocket, stuck: () => void) {
    this.#socket = socket;
    this.#stuck = stuck;
  }

  /** Without a text of ours on its way nobody would tell that there is room again. */
  get isFull(): boolean {
    const { readyState, OPEN, bufferedAmount } = this.#socket;
    return readyState !== OPEN || (this.#unsent > 0 && bufferedAmount > lowMarkBytes);
  }

  /** Calls the listener whenever the operating system has taken a text. */
  onTaken(listener: () => void): void {
    this.#taken = listener;
  }

  send(text: string): void {
    this.#unsent += 1;
    this.#socket.send(text, this.#sent);
  }

  whenFree(listener: () => void): () => void {
    this.#waiting.add(listener);
    this.#patience ??= setTimeout(this.#stuck, patienceMs).unref();
    return () => {
      this.#waiting.delete(listener);
      if (this.#waiting.size === 0) this.#stopWaiting();
    };
  }

  readonly #sent = (): void => {
    this.#unsent -= 1;
    this.#taken();
    if (this.#waiting.size === 0) return;
    this.#patience?.refresh();
    if (this.isFull) return;
    const woken = [...this.#waiting];
    this.#waiting.clear();
    this.#stopWaiting();
    for (const listener of woken) listener();
  };

  #stopWaiting(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
  }
}

/** One operation's results on a socket, as graphql-transport-ws frames them. */
export class OperationOutlet {
  readonly #flow: SocketFlow;
  readonly #head: string;

  constructor(flow: SocketFlow, operationId: string) {
    this.#flow = flow;
    this.#head = `{"id":${JSON.stringify(operationId)},"type":"next","payload":`;
  }

  get isFull(): boolean {
    return this.#flow.isFull;
  }

  send(text: string): void {
    this.#flow.send(`${this.#head}${text}}`);
    deliveries.inc();
  }

  whenFree(listener: () => void): () => void {
    return this.#flow.whenFree(listener);
  }
}
