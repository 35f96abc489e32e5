import type { Answer, Connection, Operation } from './connection.ts';
import { badAnswer, interruptionOfErrors, type Interruption } from './interruption.ts';

/**
 * The answers of one operation on one connection, as they are asked for. A socket cannot be told to wait, so when more
 * than `limit` lie unread the operation is left; the iteration then ends after them, and the rest is there to be asked
 * for again. Ends also when the signal aborts; throws an Interruption.
 */
export async function* answersOf(
  connection: Connection,
  operation: Operation,
  limit: number,
  signal: AbortSignal,
): AsyncGenerator<Answer, void> {
  const unread: Answer[] = [];
  let ending: Interruption | 'left' | undefined;
  let wake = (): void => undefined;
  const end = (how: Interruption | 'left'): void => {
    ending ??= how;
    wake();
  };
  const leave = connection.subscribe(operation, {
    next(answer) {
      if (ending !== undefined) return;
      unread.push(answer);
      if (unread.length < limit) return wake();
      end('left');
      leave();
    },
    end,
  });
  const abort = (): void => end('left');
  signal.addEventListener('abort', abort);
  try {
    while (!signal.aborted) {
      const answer = unread.shift();
      if (answer !== undefined) yield answer;
      else if (ending === 'left') return;
      else if (ending !== undefined) throw ending;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    signal.removeEventListener('abort', abort);
    leave();
  }
}

export type Ask = (query: string, variables: Record<string, unknown>) => Promise<Record<string, unknown>>;

/** Asks one question over the connection; throws an Interruption where there is no whole answer. */
export function askOver(connection: Connection, signal: AbortSignal): Ask {
  return async (query, variables) => {
    for await (const answer of answersOf(connection, { query, variables }, 2, signal)) return dataOf(answer);
    throw badAnswer();
  };
}

/** An answer in part is none: what is missing now may be there at the next attempt. */
export function dataOf({ data, errors }: Answer): Record<string, unknown> {
  if (errors !== undefined && errors.length > 0) throw interruptionOfErrors(errors);
  if (data == null) throw badAnswer();
  return data;
}
