import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

/** One connection as a script sees it. */
export interface Peer {
  readonly socket: WebSocket;
  send(message: unknown): void;
  /** Messages of the session, as the subscription with this id gets them. */
  messages(id: string, numbers: readonly number[]): void;
  errors(id: string, extensions: Record<string, unknown>): void;
  close(code?: number): void;
}

/** What a connection does in place of the right thing; what is left out it does right. */
export interface Behaviour {
  readonly init?: (peer: Peer) => void;
  readonly ping?: (peer: Peer) => void;
  readonly query?: (peer: Peer, id: string) => void;
  readonly subscribe?: (peer: Peer, id: string, after: number) => void;
}

interface Message {
  readonly id: string;
  readonly type: string;
  readonly payload: {
    readonly authorization?: string;
    readonly query: string;
    readonly variables: { readonly after?: string | null; readonly last?: number };
  };
}

export const cursorOf = (number: number): string => `cursor-${number}`;
const numberOf = (cursor: string | null | undefined): number => Number(cursor?.slice('cursor-'.length) ?? Number.NaN);

/**
 * A graphql-transport-ws server over one session whose messages are the numbers in `log`. Its connections misbehave by
 * the scripts in `behaviours`, one each in their order; those after the last script behave.
 */
export class HostileGateway {
  log: readonly number[] = [];
  readonly behaviours: Behaviour[] = [];
  readonly tokens: (string | undefined)[] = [];
  /** The cursor of each subscribe, as a number; NaN where there was none. */
  readonly subscribed: number[] = [];
  readonly completed: string[] = [];
  readonly #sockets: WebSocketServer;
  #connections = 0;

  private constructor(sockets: WebSocketServer) {
    this.#sockets = sockets;
    sockets.on('connection', (socket) => this.#connect(socket));
  }

  static async start(): Promise<HostileGateway> {
    const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(sockets, 'listening');
    return new HostileGateway(sockets);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#sockets.address() as AddressInfo).port}/graphql`;
  }

  get connections(): number {
    return this.#connections;
  }

  get openSockets(): number {
    return this.#sockets.clients.size;
  }

  /** Messages of the log after a number. */
  after(number: number): number[] {
    return this.log.filter((one) => one > number);
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    await new Promise((resolve) => this.#sockets.close(resolve));
  }

  #connect(socket: WebSocket): void {
    const behaviour = this.behaviours[this.#connections] ?? {};
    this.#connections += 1;
    const peer = peerOf(socket);
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as Message;
      if (message.type === 'connection_init') this.#init(peer, behaviour, message);
      if (message.type === 'ping') (behaviour.ping ?? (() => peer.send({ type: 'pong' })))(peer);
      if (message.type === 'subscribe') this.#operate(peer, behaviour, message);
      if (message.type === 'complete') this.completed.push(message.id);
    });
  }

  #init(peer: Peer, behaviour: Behaviour, { payload }: Message): void {
    this.tokens.push(payload.authorization);
    (behaviour.init ?? (() => peer.send({ type: 'connection_ack' })))(peer);
  }

  #operate(peer: Peer, behaviour: Behaviour, { id, payload }: Message): void {
    const after = numberOf(payload.variables.after);
    if (!payload.query.startsWith('subscription')) {
      if (behaviour.query !== undefined) return behaviour.query(peer, id);
      peer.send({ id, type: 'next', payload: { data: { session: { messages: this.#page(payload, after) } } } });
      return peer.send({ id, type: 'complete' });
    }
    this.subscribed.push(after);
    if (behaviour.subscribe === undefined) peer.messages(id, this.after(after));
    else behaviour.subscribe(peer, id, after);
  }

  #page({ variables, query }: Message['payload'], after: number): unknown {
    if (query.includes('nodes')) return { nodes: this.after(after).map((sequence) => ({ sequence })) };
    return { pageInfo: { endCursor: cursorOf(variables.last === undefined ? 0 : (this.log.at(-1) ?? 0)) } };
  }
}

function peerOf(socket: WebSocket): Peer {
  const send = (message: unknown): void => socket.send(JSON.stringify(message));
  return {
    socket,
    send,
    messages(id, numbers) {
      for (const sequence of numbers) {
        const messageAdded = { cursor: cursorOf(sequence), node: { sequence } };
        send({ id, type: 'next', payload: { data: { messageAdded } } });
      }
    },
    errors: (id, extensions) => send({ id, type: 'error', payload: [{ message: 'No.', extensions }] }),
    close: (code) => socket.close(code),
  };
}
