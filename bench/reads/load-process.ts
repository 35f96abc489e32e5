/**
 * The load, in a process of its own: keep-alive connections that each ask one question after the other. It speaks just
 * enough HTTP/1.1 over node:net to stay cheap, because it shares the machine with what it measures.
 */
import { connect, type Socket } from 'node:net';

export interface LoadOrder {
  readonly port: number;
  /** Requests as they go over the wire. */
  readonly requests: readonly string[];
  readonly connections: number;
  readonly milliseconds: number;
}

export interface LoadResult {
  readonly answered: number;
  /** Answers that were no 200, or that told of an error. */
  readonly wrong: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
}

const emptyLine = Buffer.from('\r\n\r\n');
const lastChunk = Buffer.from('\r\n0\r\n\r\n');
const errorMark = Buffer.from('"errors":');

/** Where the answer at the start of the buffer ends; -1 while it is not complete. */
function endOfAnswer(buffer: Buffer): number {
  const headers = buffer.indexOf(emptyLine);
  if (headers === -1) return -1;
  const length = /\r\ncontent-length: *(\d+)/i.exec(buffer.toString('latin1', 0, headers))?.[1];
  if (length !== undefined) {
    const end = headers + emptyLine.length + Number(length);
    return buffer.length >= end ? end : -1;
  }
  const last = buffer.indexOf(lastChunk, headers);
  return last === -1 ? -1 : last + lastChunk.length;
}

const isRight = (answer: Buffer): boolean =>
  answer.toString('latin1', 9, 12) === '200' && answer.subarray(0, 600).indexOf(errorMark) === -1;

class Load {
  readonly #order: LoadOrder;
  readonly #latencies: number[] = [];
  readonly #deadline: number;
  #next = 0;
  #wrong = 0;

  constructor(order: LoadOrder) {
    this.#order = order;
    this.#deadline = performance.now() + order.milliseconds;
  }

  async run(): Promise<LoadResult> {
    const start = performance.now();
    await Promise.all(Array.from({ length: this.#order.connections }, () => this.#connection()));
    const seconds = (performance.now() - start) / 1000;
    const sorted = Float64Array.from(this.#latencies).sort();
    const quantile = (q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;
    return { answered: sorted.length, wrong: this.#wrong, seconds, p50: quantile(0.5), p99: quantile(0.99) };
  }

  #connection(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port: this.#order.port, noDelay: true });
      let asked = 0;
      let pending: Buffer | null = null;
      socket.on('connect', () => (asked = this.#ask(socket)));
      socket.on('error', reject);
      socket.on('close', () => resolve());
      socket.on('data', (chunk) => {
        pending = pending === null ? chunk : Buffer.concat([pending, chunk]);
        if (endOfAnswer(pending) === -1) return;
        this.#latencies.push(performance.now() - asked);
        if (!isRight(pending)) this.#wrong += 1;
        pending = null;
        if (performance.now() < this.#deadline) asked = this.#ask(socket);
        else socket.end();
      });
    });
  }

  #ask(socket: Socket): number {
    const { requests } = this.#order;
    socket.write(requests[this.#next++ % requests.length] ?? '');
    return performance.now();
  }
}

process.on('message', (order: LoadOrder) => {
  void new Load(order).run().then((result) => process.send?.(result));
});
