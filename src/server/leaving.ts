import type { ServerResponse } from 'node:http';
import { Leaving } from '../shared/leaving.ts';
import { whenClosed } from './when-closed.ts';

/** Says so when the client is gone before it has its answer. */
export function leavingOf(response: ServerResponse): Leaving {
  const leaving = new Leaving();
  whenClosed(response, () => {
    if (!response.writableFinished) leaving.leave();
  });
  return leaving;
}
