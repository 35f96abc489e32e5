import type { ServerResponse } from 'node:http';

/** Says so when the client is gone before it has its answer. */
export function leaving(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}
