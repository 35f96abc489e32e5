import type { WebSocket } from 'ws';

/** Above this the other end reads too slowly to be listened to. */
const unreadBytesToPause = 64 * 1024;
const windowMs = 1_000;

/**
 * Reads no faster than allowed, and nothing from who does not read: then the flood stays in the sender's own buffers,
 * and ours hold no more of it than the system hands over at once. That can be hundreds of messages, so they are taken
 * one per turn of the event loop, and what others sent has its turn between them.
 */
export class Throttle {
  readonly #socket: WebSocket;
  readonly #messagesPerSecond: number;
  /** Messages that are here already, from `#next` on. */
  #waiting: (() => Promise<void> | void)[] = [];
  #next = 0;
  #pong: (() => void) | null = null;
  #windowStart = performance.now();
  #frames = 0;
  #isResting = false;
  #isTurnOver = true;

  constructor(socket: WebSocket, messagesPerSecond: number) {
    this.#socket = socket;
    this.#messagesPerSecond = messagesPerSecond;
  }

  /** A message came; it is handled when it is its turn, and the next one when what `handle` waits for is over. */
  message(handle: () => Promise<void> | void): void {
    this.#waiting.push(handle);
    this.#advance();
  }

  /** A ping came. RFC 6455 lets pings go unanswered when a newer one has come. */
  ping(answer: () => void): void {
    this.#pong = answer;
    this.#count();
    this.#advance();
  }

  /** Whether there is room for an answer that nobody has to wait for. */
  get mayAnswerPing(): boolean {
    return !this.#isResting && !this.#isBehind;
  }

  /** Reads nothing for a while: who goes on asking after a refusal is not to be refused a thousand times. */
  rest(): void {
    if (this.#isResting) return;
    this.#isResting = true;
    this.#settle();
    setTimeout(() => {
      this.#isResting = false;
      this.#advance();
    }, windowMs).unref();
  }

  /** Looks whether the other end reads; called after something was sent, and when it has been taken. */
  readonly afterSending = (): void => this.#advance();

  get #isBehind(): boolean {
    return this.#socket.bufferedAmount > unreadBytesToPause;
  }

  get #hasWaiting(): boolean {
    return this.#next < this.#waiting.length;
  }

  #advance(): void {
    // Nothing is started for what comes on a socket that is being closed.
    if (this.#socket.readyState !== this.#socket.OPEN) [this.#waiting, this.#next, this.#pong] = [[], 0, null];
    if (this.#isTurnOver && !this.#isResting && !this.#isBehind) this.#takeTurn();
    this.#settle();
  }

  #takeTurn(): void {
    const pong = this.#pong;
    const handle = this.#waiting[this.#next];
    if (pong === null && handle === undefined) return;
    this.#isTurnOver = false;
    this.#pong = null;
    pong?.();
    if (handle === undefined) return this.#endTurn();
    this.#next += 1;
    if (!this.#hasWaiting) [this.#waiting, this.#next] = [[], 0];
    this.#count();
    const handling = handle();
    if (handling === undefined) this.#endTurn();
    else void handling.finally(() => this.#endTurn());
  }

  #endTurn(): void {
    setImmediate(() => {
      this.#isTurnOver = true;
      this.#advance();
    });
  }

  #count(): void {
    const now = performance.now();
    if (now - this.#windowStart >= windowMs) [this.#windowStart, this.#frames] = [now, 0];
    this.#frames += 1;
    if (this.#frames > this.#messagesPerSecond) this.rest();
  }

  #settle(): void {
    if (this.#isResting || this.#hasWaiting || this.#isBehind) this.#socket.pause();
    else if (this.#socket.isPaused) this.#socket.resume();
  }
}
