import { setTimeout as sleep } from 'node:timers/promises';

/** Few connections need no time; their clients do not crowd anybody. */
const msPerConnection = 2;

/**
 * Ends connections one by one at random moments, so that their clients do not all connect again at the same one, and
 * waits for each.
 */
export async function spreadOver<Connection>(
  connections: readonly Connection[],
  maxMs: number,
  end: (connection: Connection) => Promise<void>,
): Promise<void> {
  const spreadMs = Math.min(maxMs, connections.length * msPerConnection);
  await Promise.all(
    connections.map(async (connection) => {
      await sleep(Math.random() * spreadMs);
      await end(connection);
    }),
  );
}
