import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { clientFrame, opcodes, readFrames, textFrame } from './frames.ts';

export interface Subscription {
  readonly port: number;
  readonly token: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

const nextMark = '"type":"next"';
const endOfHandshake = Buffer.from('\r\n\r\n');

/** One websocket with one subscription (graphql-transport-ws). `onNext` gets each frame that brings an event. */
export class Subscriber {
  /** Resolves when the server has taken the token and the subscription is on its way. */
  readonly subscribed: Promise<void>;
  readonly #socket: Socket;
  readonly #subscription: Subscription;
  readonly #onNext: (frame: Buffer) => void;
  #pending: Buffer | null = null;
  #isUpgraded = false;
  #ready: () => void = () => undefined;
  #failed: (error: Error) => void = () => undefined;

  constructor(subscription: Subscription, onNext: (frame: Buffer) => void) {
    this.#subscription = subscription;
    this.#onNext = onNext;
    this.subscribed = new Promise((resolve, reject) => {
      this.#ready = resolve;
      this.#failed = reject;
    });
    this.#socket = connect({ host: '127.0.0.1', port: subscription.port, noDelay: true });
    this.#socket.on('connect', () => this.#socket.write(handshake()));
    this.#socket.on('data', (chunk) => this.#read(chunk));
    this.#socket.on('error', (error) => this.#failed(error));
    this.#socket.on('close', () => this.#failed(new Error('the server closed a socket')));
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    let bytes = this.#pending === null ? chunk : Buffer.concat([this.#pending, chunk]);
    if (!this.#isUpgraded) {
      const end = bytes.indexOf(endOfHandshake);
      this.#pending = bytes;
      if (end === -1) return;
      this.#isUpgraded = true;
      this.#greet(bytes.toString('latin1', 0, end));
      bytes = bytes.subarray(end + endOfHandshake.length);
    }
    this.#pending = readFrames(bytes, (opcode, payload) => this.#take(opcode, payload));
  }

  #greet(answer: string): void {
    if (!answer.startsWith('HTTP/1.1 101')) this.#failed(new Error(answer));
    this.#socket.write(
      textFrame({ type: 'connection_init', payload: { Authorization: `Bearer ${this.#subscription.token}` } }),
    );
  }

  #take(opcode: number, payload: Buffer): void {
    if (opcode === opcodes.ping) return void this.#socket.write(clientFrame(opcodes.pong, payload));
    if (opcode === opcodes.close) return this.#failed(new Error(`closed: ${payload.toString('utf8', 2)}`));
    if (opcode !== opcodes.text) return;
    if (payload.toString('latin1', 0, 40).includes(nextMark)) return this.#onNext(payload);
    this.#converse(JSON.parse(payload.toString()) as { type: string });
  }

  #converse(message: { type: string }): void {
    const { query, variables } = this.#subscription;
    if (message.type === 'connection_ack') {
      this.#socket.write(textFrame({ id: '1', type: 'subscribe', payload: { query, variables } }));
      this.#ready();
    } else if (message.type === 'ping') this.#socket.write(textFrame({ type: 'pong' }));
    else if (message.type === 'error' || message.type === 'complete') this.#failed(new Error(JSON.stringify(message)));
  }
}

const handshake = (): Buffer =>
  Buffer.from(
    [
      'GET /graphql HTTP/1.1',
      'Host: 127.0.0.1',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      'Sec-WebSocket-Protocol: graphql-transport-ws',
      '\r\n',
    ].join('\r\n'),
  );
