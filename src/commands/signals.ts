const echoMs = 1000;

/**
 * Resolves at the first SIGINT or SIGTERM; a later one ends the process at once. A signal to a whole process group
 * arrives twice where a launcher passes it on, so one right after the first is the same one.
 */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    let askedAt: number | undefined;
    const ask = (): void => {
      if (askedAt !== undefined && performance.now() - askedAt > echoMs) process.exit(130);
      askedAt ??= performance.now();
      resolve();
    };
    process.on('SIGINT', ask);
    process.on('SIGTERM', ask);
  });
}
