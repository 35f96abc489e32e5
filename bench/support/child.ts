import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A helper process of the bench that answers each order with one message. */
export class Child<Order extends object, Result> {
  readonly #process: ChildProcess;
  #settle: { resolve(result: Result): void; reject(error: Error): void } | undefined;

  constructor(program: URL) {
    this.#process = fork(program, { serialization: 'advanced' });
    this.#process.on('message', (result) => this.#settle?.resolve(result as Result));
    this.#process.on('exit', () => this.#settle?.reject(new Error(`${program.pathname} ended`)));
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** One order at a time. */
  do(order: Order): Promise<Result> {
    const answer = this.next();
    this.#process.send(order, (error) => (error === null ? undefined : this.#settle?.reject(error)));
    return answer;
  }

  /** What the process says next, of itself or as its answer. */
  next(): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill();
    await ended;
  }
}
