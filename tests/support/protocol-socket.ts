import { once } from 'node:events';
import { WebSocket } from 'ws';

export interface ProtocolMessage {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

/** A websocket whose messages a test writes and reads one by one. */
export class ProtocolSocket {
  readonly socket: WebSocket;
  /** Code and reason, once the server has closed. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #messages: ProtocolMessage[] = [];
  readonly #waiting: (() => void)[] = [];

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => {
      this.#messages.push(JSON.parse(data.toString()) as ProtocolMessage);
      this.#waiting.shift()?.();
    });
    this.closed = new Promise((resolve) => {
      socket.once('close', (code: number, reason: Buffer) => {
        this.#waiting.splice(0).forEach((wake) => wake());
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  static async open(url: string, protocols: readonly string[] = ['graphql-transport-ws']): Promise<ProtocolSocket> {
    const peer = new ProtocolSocket(new WebSocket(url.replace('http', 'ws'), [...protocols]));
    await once(peer.socket, 'open');
    return peer;
  }

  /** Open, and acknowledged for the holder of the token. */
  static async connect(url: string, token: string | null = null): Promise<ProtocolSocket> {
    const peer = await ProtocolSocket.open(url);
    peer.send({
      type: 'connection_init',
      ...(token === null ? {} : { payload: { authorization: `Bearer ${token}` } }),
    });
    const acknowledgement = await peer.next();
    if (acknowledgement?.type !== 'connection_ack') throw new Error(`Not acknowledged: ${(await peer.closed).reason}`);
    return peer;
  }

  send(...messages: unknown[]): void {
    for (const message of messages) this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  subscribe(id: string, query: string, variables?: Record<string, unknown>): void {
    this.send({ type: 'subscribe', id, payload: { query, ...(variables === undefined ? {} : { variables }) } });
  }

  /** The next message; nothing once the socket is closed. */
  async next(): Promise<ProtocolMessage | undefined> {
    if (this.#messages.length === 0 && this.socket.readyState !== WebSocket.CLOSED) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return this.#messages.shift();
  }

  /** The next message of this operation; those of others are passed over. */
  async of(id: string): Promise<ProtocolMessage | undefined> {
    for (let message = await this.next(); message !== undefined; message = await this.next()) {
      if (message.id === id) return message;
    }
    return undefined;
  }

  /** All that came before the answer to a ping: the server has read everything that was sent by then. */
  async settled(): Promise<ProtocolMessage[]> {
    this.send({ type: 'ping' });
    const before: ProtocolMessage[] = [];
    for (let message = await this.next(); message !== undefined; message = await this.next()) {
      if (message.type === 'pong') break;
      before.push(message);
    }
    return before;
  }

  close(code = 1000): void {
    this.socket.close(code);
  }
}
