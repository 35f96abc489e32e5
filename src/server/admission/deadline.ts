import { ScrollbackError } from '../../shared/errors.ts';

/** The work's result, or UNAVAILABLE when it takes longer; 0 = as long as it takes. What runs on is no longer waited for. */
export async function withDeadline<Result>(work: Promise<Result>, ms: number): Promise<Result> {
  if (ms === 0) return work;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(tooLate(ms)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

const tooLate = (ms: number): ScrollbackError =>
  new ScrollbackError(
    'UNAVAILABLE',
    `The operation took longer than ${ms} ms; ask for less, or try again. A mutation may still take effect.`,
    { reason: 'DEADLINE_EXCEEDED', limit: 'OPERATION_TIMEOUT_MS', maximum: ms, retryAfterMs: 1000 },
  );
