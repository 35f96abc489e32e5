import type pg from 'pg';

/** Whoever has a client gives it back by then, if at all. */
const graceMs = 1_000;

/**
 * Takes clients back whose connection has ended and that nobody gives back: of a transaction whose BEGIN, COMMIT or
 * ROLLBACK met a dead connection, MikroORM's query builder forgets the client, and the pool would lose its place for good.
 */
export function withoutLostPlaces(pool: pg.Pool): pg.Pool {
  const watched = new WeakSet<pg.PoolClient>();
  const taken = new Set<pg.PoolClient>();
  const watch = (client: pg.PoolClient): void => {
    watched.add(client);
    client.once('end', () => {
      setTimeout(() => {
        if (taken.has(client)) client.release(true);
      }, graceMs).unref();
    });
  };
  pool.on('acquire', (client) => {
    taken.add(client);
    if (!watched.has(client)) watch(client);
  });
  pool.on('release', (_error, client) => taken.delete(client));
  return pool;
}
