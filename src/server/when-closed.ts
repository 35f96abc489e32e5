import type { ServerResponse } from 'node:http';

/** Calls the action when the exchange is over, whoever ended it; at once where it is already. */
export function whenClosed(response: ServerResponse, action: () => void): void {
  if (response.destroyed || response.closed) action();
  else response.once('close', action);
}
