import type { WebSocket } from 'ws';

export interface Throttle {
  /** Notes a frame that came. */
  readonly count: () => void;
  /** Whether there is room for an answer; RFC 6455 lets pings go unanswered when a newer one has come. */
  readonly mayAnswerPing: () => boolean;
  /** Looks whether the other end reads; called after something was sent, and when it has been taken. */
  readonly afterSending: () => void;
}

/** Above this the other end reads too slowly to be listened to. */
const unreadBytesToPause = 64 * 1024;
const windowMs = 1_000;

/**
 * Reads no faster than allowed, and nothing from who does not read: then the flood stays in the sender's own buffers,
 * and ours hold nothing of it.
 */
export function throttleReading(socket: WebSocket, messagesPerSecond: number): Throttle {
  let windowStart = performance.now();
  let messages = 0;
  let isTooFast = false;
  const isBehind = (): boolean => socket.bufferedAmount > unreadBytesToPause;
  const settle = (): void => {
    if (socket.readyState !== socket.OPEN) return;
    if (isTooFast || isBehind()) socket.pause();
    else if (socket.isPaused) socket.resume();
  };
  return {
    count() {
      const now = performance.now();
      if (now - windowStart >= windowMs) [windowStart, messages] = [now, 0];
      messages += 1;
      if (messages <= messagesPerSecond || isTooFast) return;
      isTooFast = true;
      settle();
      setTimeout(() => {
        isTooFast = false;
        settle();
      }, windowMs).unref();
    },
    mayAnswerPing: () => !isTooFast && !isBehind(),
    afterSending: settle,
  };
}
