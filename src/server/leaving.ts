import type { ServerResponse } from 'node:http';
import { whenClosed } from './when-closed.ts';

/** Says so when the client is gone before it has its answer. */
export function leaving(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  whenClosed(response, () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}
