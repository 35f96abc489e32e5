import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { whenClosed } from '../when-closed.ts';

/** Proxies hold answers back and compress them unless they are told not to. */
const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
};

/** Writes server-sent events, one after the other, no faster than they are read. */
export class EventWriter {
  readonly #response: ServerResponse;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #left = new AbortController();
  #unread = 0;

  /** A reader that takes nothing for a whole period is cut off. */
  constructor(response: ServerResponse, periodMs: number) {
    this.#response = response;
    // A stream has no answer to be done with in time.
    response.socket?.setTimeout(0);
    response.writeHead(200, headers);
    // Some browsers tell of the answer only when there is a byte of it.
    response.write(':\n\n');
    this.#heartbeat = setInterval(() => this.#beat(), periodMs);
    whenClosed(response, () => {
      clearInterval(this.#heartbeat);
      this.#left.abort();
    });
  }

  get isOpen(): boolean {
    return !this.#response.writableEnded && !this.#response.destroyed;
  }

  get unreadBytes(): number {
    return this.#response.writableLength;
  }

  /** At once where the reader has left already: what it asked for may have taken a while to begin. */
  onLeft(action: () => void): void {
    if (this.#left.signal.aborted) return action();
    this.#left.signal.addEventListener('abort', action, { once: true });
  }

  /** Resolves when there is room for more, or when the reader has left. */
  async next(result: unknown, id: string | null): Promise<void> {
    if (!this.isOpen) return;
    const text = `${id === null ? '' : `id: ${id}\n`}event: next\ndata: ${JSON.stringify(result)}\n\n`;
    if (this.#response.write(text)) return;
    await once(this.#response, 'drain', { signal: this.#left.signal }).catch(() => undefined);
  }

  /** The end that the protocol knows: the client asks for no more. */
  complete(): void {
    if (this.isOpen) this.#response.end('event: complete\ndata:\n\n');
  }

  /** An end without `complete`: the client connects again. */
  interrupt(): void {
    if (this.isOpen) this.#response.end();
  }

  cut(): void {
    this.#response.destroy();
  }

  #beat(): void {
    const unread = this.unreadBytes;
    if (unread > 0 && unread >= this.#unread && this.#unread > 0) return this.cut();
    this.#unread = unread;
    if (unread === 0 && this.isOpen) this.#response.write(':\n\n');
  }
}
