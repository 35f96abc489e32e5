/** Ten connections as ours; who has nothing to do lets go of them soon, because all peers share one PostgreSQL. */
export const poolSettings = { max: 10, idleTimeoutMillis: 2000 };
