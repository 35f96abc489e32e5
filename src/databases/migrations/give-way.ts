/**
 * First in migrations that lock tables which other services write. It is shorter than the second after which
 * PostgreSQL looks for deadlocks, so it is always the migration that gives way and never a service's save; and nobody
 * queues behind a waiting migration for longer. It then runs again; see migrate().
 */
export const giveWay = `SET LOCAL lock_timeout = '500ms'`;
