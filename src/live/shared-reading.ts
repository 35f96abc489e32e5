/**
 * A reading for all who want it at about the same time. Whoever asks while one is under way gets the next, because what
 * was read before somebody asked may be out of date for them.
 */
export function sharedReading<Result>(read: () => Promise<Result>): () => Promise<Result> {
  let running: Promise<Result> | null = null;
  let next: Promise<Result> | null = null;
  const begin = (): Promise<Result> => {
    next = null;
    const reading = read();
    running = reading;
    const over = (): void => void (running = null);
    reading.then(over, over);
    return reading;
  };
  return () => {
    if (next !== null) return next;
    if (running === null) return begin();
    next = running.then(begin, begin);
    return next;
  };
}
